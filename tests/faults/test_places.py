"""Disks that are full or not to be written on: a line that says so, and nothing half-written.

The warehouse lies on a small disk of the run's own, in a mount namespace of its own.
"""

import base64
import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.world import ROOT

LINES = 8000


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    (folder / "campaigns").mkdir()
    # Of random text, or it would be packed to nothing.
    rows = [f"{n},{base64.b64encode(os.urandom(300)).decode()},2017-01-01,2017-02-01" for n in range(LINES)]
    (folder / "campaigns/campaigns.csv").write_text("\n".join(["campaign_id,campaign_type,start_date,end_date", *rows]))
    return folder


def test_a_disk_that_cannot_be_written_and_one_that_is_full(landing: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    settings = {
        "landing": landing,
        "warehouse": disk / "warehouse",
        "jars": ROOT / "build/jars",
        "documents": tmp_path,
        "tracking": f"sqlite:///{tmp_path / 'mlflow.db'}",
    }
    options = " ".join(f"--set paths.{name}={value}" for name, value in settings.items())
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "bash", "-c", SCRIPT],
        env={**os.environ, "DISK": str(disk), "SUBMIT": f"{ROOT}/spark-submit.sh", "OPTIONS": options},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    read_only, listed, full, more = (part.strip() for part in done.stdout.split("====")[1:])
    assert "motherlode: no permission to write" in read_only, done.stdout
    assert read_only.endswith("give it, or set paths.warehouse in conf/\nexit 2")
    assert listed.endswith("exit 0")
    assert "motherlode: bronze.records: no space left on the disk: free some and run again" in full
    assert full.endswith("exit 1\n0 commits")
    assert f"{LINES:,} rows" in more
    assert more.endswith("exit 0\n1 commits")


SCRIPT = r"""
run() { $SUBMIT $1 --profile demo $OPTIONS; echo "exit $?"; }
commits() { echo "$(ls $DISK/warehouse/bronze/records/_delta_log | grep -c '1[.]json$') commits"; }
mount -t tmpfs -o size=1m,ro none $DISK
echo ====; run bronze.files
mount -o remount,rw $DISK
echo ====; run bronze.files
echo ====; run bronze.records; commits
mount -o remount,size=50m $DISK
echo ====; run bronze.records; commits
"""
