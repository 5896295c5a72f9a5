"""The two Delta jars, resolved once by Spark's own resolver and held against pinned checksums."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from motherlode.setup.steps import SetupError, run, say

# Their dependencies are optional integrations or come with Spark: these two are enough.
JARS = {
    "io.delta:delta-spark_4.2_2.13:4.4.0": "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead",
    "io.delta:delta-storage:4.4.0": "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
}


def file_name(coordinate: str) -> str:
    _, artifact, version = coordinate.split(":")
    return f"{artifact}-{version}.jar"


def install(target: Path) -> None:
    """Put the jars into `target`, all or none; do nothing when they are there."""
    if target.is_dir() and all((target / file_name(jar)).is_file() for jar in JARS):
        verify(target)
        return
    say(f"fetching the Delta jars into {target} (once)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".jars-", dir=target.parent) as scratch:
        ivy, staged = Path(scratch, "ivy").absolute(), Path(scratch, "jars")
        staged.mkdir()
        run(
            [sys.executable, "-m", "motherlode.setup.resolve", str(ivy), *JARS],
            log="jars",
            failure="Spark could not fetch the Delta jars (is there a network?)",
        )
        for jar in JARS:
            organisation = jar.split(":")[0]
            shutil.copyfile(ivy / "jars" / f"{organisation}_{file_name(jar)}", staged / file_name(jar))
        verify(staged)
        shutil.rmtree(target, ignore_errors=True)
        staged.rename(target)


def verify(folder: Path) -> None:
    """Raise `SetupError` unless each jar in `folder` is, byte for byte, the pinned one."""
    for jar, expected in JARS.items():
        path = folder / file_name(jar)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != expected:
            raise SetupError(
                f"{path} is not the pinned file: sha256 {found}, not {expected}; "
                "remove it, and any copy that ~/.m2 or ~/.ivy2 has"
            )
