"""A warehouse of its own for each test."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts.jobs import Job
from motherlode.contracts.tables import Table
from motherlode.errors import MotherlodeError
from motherlode.runner import doctor, faults, status, upkeep
from motherlode.runner.context import Context
from motherlode.runner.faults import FAULT
from motherlode.runner.run import run_job
from motherlode.settings import load_settings
from tests.lib.runner.small import IN, KEPT, ROOT, SEEN, SUMS, append, put, upsert


def opened(spark: SparkSession, folder: Path) -> Context:
    """The warehouse below a folder."""
    overrides = (f"paths.warehouse={folder / 'warehouse'}", f"paths.jars={ROOT / 'build/jars'}")
    return Context(spark, load_settings(ROOT / "conf", "demo", overrides))


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> Context:
    return opened(spark, tmp_path)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small jobs are all the jobs that there are."""
    jobs: Mapping[str, Job] = {job.name: job for job in (append(), upsert([]))}
    tables: Mapping[str, Table] = {table.full_name: table for table in (KEPT, SEEN, SUMS)}
    for module in (doctor, status, upkeep):
        monkeypatch.setattr(module, "all_jobs", lambda: jobs)
    monkeypatch.setattr(doctor, "TABLES", tables)


@pytest.fixture(scope="module")
def at_rest(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse in which both small jobs have run, to be copied."""
    context = opened(spark, tmp_path_factory.mktemp("at_rest"))
    put(context, IN, [("1", "a", 1), ("2", "b", 2)])
    for job in (append(), upsert([])):
        run_job(context, job)
    return Path(context.warehouse.root)


@pytest.fixture
def ran(context: Context, at_rest: Path) -> Context:
    """A warehouse of its own in which both small jobs have run."""
    shutil.copytree(at_rest, context.warehouse.root)
    return context


@pytest.fixture
def dies(context: Context, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a job, or do something else with it, and make it die where it comes by a point."""

    def die(job: Job, point: str, act: Callable[[], object] | None = None) -> None:
        faults._passed.clear()
        monkeypatch.setenv(FAULT, f"{job.name}:{point}:fail")
        with pytest.raises(MotherlodeError, match="was made to fail"):
            act() if act else run_job(context, job)
        monkeypatch.delenv(FAULT)

    return die
