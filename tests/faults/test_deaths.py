"""Each way of dying once, by real processes; all places and jobs are `make faults`."""

import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from motherlode.contracts import bronze, silver
from motherlode.runner.faults import FAULT
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import run_job
from tests.e2e.tables import REWRITTEN, rows_of
from tests.e2e.world import ROOT, World, told
from tests.faults.deaths import EXITS


def submit(folder: Path, logs: Path, what: str, fault: str) -> "subprocess.CompletedProcess[str]":
    settings = [part for setting in told(folder, logs) for part in ("--set", setting)]
    return subprocess.run(
        [ROOT / "spark-submit.sh", what, "--profile", "demo", *settings],
        env={**os.environ, FAULT: fault},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def died(world: World, new_world: Callable[[str, Path], World]) -> tuple[World, list[int]]:
    """A world that died twice before it was finished, and how its processes ended."""
    logs = Path(world.context.settings.paths.landing)
    made = new_world("died", logs)
    exits = []
    for fault in ("bronze.records:batch:kill", "silver.consents:written:python"):
        exits.append(submit(made.folder, logs, "pipeline", fault).returncode)
    made.results = {
        name: run_job(made.context, job)
        for name, job in all_jobs().items()
        if name.startswith("bronze.") or name in ("silver.campaigns", "silver.consents")
    }
    return made, exits


def test_exit_status_tells_how_they_died(died: tuple[World, list[int]]) -> None:
    assert died[1] == [EXITS["kill"], EXITS["python"]]


def test_what_was_begun_is_finished_and_no_more(died: tuple[World, list[int]]) -> None:
    status = {name: result.status for name, result in died[0].results.items()}
    assert status == {
        "bronze.files": "skipped",
        "bronze.records": "skipped",
        "silver.campaigns": "skipped",
        "silver.consents": "done",
    }


def test_nothing_is_lost_or_doubled(world: World, died: tuple[World, list[int]]) -> None:
    tables = (
        bronze.RECORDS,
        bronze.QUARANTINE,
        silver.CAMPAIGNS,
        silver.CONSENTS,
        silver.QUARANTINES["consents"],
        silver.DUPLICATES["consents"],
    )
    for table in tables:
        where = REWRITTEN.get(table.full_name, "true")
        one, other = (Counter(rows_of(some.context, table, where)) for some in (world, died[0]))
        assert one == other, table.full_name
        assert one
