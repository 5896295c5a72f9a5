"""A small world, run once for the whole suite: its logs day by day, its warehouse, its report."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from motherlode.errors import MotherlodeError
from motherlode.runner.context import Context
from motherlode.runner.faults import FAULT
from motherlode.runner.planner import Planner
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import Result, run_job
from motherlode.settings import load_settings
from motherlode.simulate import SimulateParams, Window, generate

ROOT = Path(__file__).resolve().parents[2]
FIRST = date(2017, 1, 1)
# The last day of the first run; the day after it is what the second run adds.
LAST = date(2017, 4, 29)
HOUSEHOLDS = "24"
SMALL = (
    "churn.horizon_days=14",
    "churn.min_cases=3",
    "segmenter.min_customers=10",
    "fp_growth.min_support=0.02",
    "recommender.min_customers=5",
    "recommender.rank=8",
    "recommender.iterations=3",
)


@dataclass
class World:
    """One warehouse: what was run on it, and where it lies."""

    context: Context
    results: dict[str, Result]
    folder: Path

    def run(self) -> dict[str, Result]:
        self.context.as_of = None
        self.results = {name: run_job(self.context, job) for name, job in all_jobs().items()}
        return self.results

    def run_dying(self, monkeypatch: pytest.MonkeyPatch) -> set[str]:
        """Run every job, each made to die somewhere the first time that it comes by; which did."""
        self.context.as_of = None
        died = set()
        for number, (name, job) in enumerate(all_jobs().items()):
            # Streams leave their last batch to the checkpoint, models their alias to the registry: others just tables.
            points = ["registered", "crowned"] if job.models else ["written", "outputs", "written", "recorded"]
            points = ["batch", "written"] if Planner(self.context, job).is_stream else points
            monkeypatch.setenv(FAULT, f"{name}:{points[number % len(points)]}:fail")
            try:
                self.results[name] = run_job(self.context, job)
            except MotherlodeError as error:
                assert "was made to fail" in str(error), error
                died.add(name)
                monkeypatch.delenv(FAULT)
                self.results[name] = run_job(self.context, job)
        monkeypatch.delenv(FAULT, raising=False)
        return died


def told(folder: Path, logs: Path) -> tuple[str, ...]:
    """What a world's runs are told beyond the demo's profile."""
    return (
        f"paths.landing={logs}",
        f"paths.warehouse={folder / 'warehouse'}",
        f"paths.documents={folder}",
        f"paths.tracking=sqlite:///{folder / 'mlflow.db'}",
        f"paths.artifacts={folder / 'mlruns'}",
        f"paths.jars={ROOT / 'build/jars'}",
        *SMALL,
    )


@pytest.fixture(scope="session")
def new_world(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], World]:
    def make(name: str, logs: Path) -> World:
        folder = tmp_path_factory.mktemp(name)
        kinds = {job.params for job in all_jobs().values() if job.params}
        settings = load_settings(ROOT / "conf", "demo", told(folder, logs), sorted(kinds, key=str))
        return World(Context(spark, settings), {}, folder)

    return make


def simulate(spark: SparkSession, out: Path, until: date) -> Path:
    """The raw logs delivered before a day."""
    window = Window(FIRST, until)
    generate(spark, out, SimulateParams(households=HOUSEHOLDS, window=window, cache=ROOT / "build/cache"))
    return out


@pytest.fixture(scope="session")
def world(
    spark: SparkSession, new_world: Callable[[str, Path], World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The first run on all days but the last."""
    logs = simulate(spark, tmp_path_factory.mktemp("logs"), LAST + timedelta(days=1))
    made = new_world("world", logs)
    made.run()
    yield made


@dataclass
class DayAdded:
    """After one day more: the jobs that died in the world on their way there, and one that saw all days at once."""

    died: set[str]
    scratch: World


@pytest.fixture(scope="session")
def day_added(world: World, spark: SparkSession, new_world: Callable[[str, Path], World]) -> DayAdded:
    """The world after one day more, on which nearly every job died once."""
    logs = Path(world.context.settings.paths.landing)
    simulate(spark, logs, LAST + timedelta(days=2))
    with pytest.MonkeyPatch.context() as patched:
        died = world.run_dying(patched)
    scratch = new_world("scratch", logs)
    scratch.run()
    return DayAdded(died, scratch)
