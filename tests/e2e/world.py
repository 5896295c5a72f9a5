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
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import Result, run_job
from motherlode.settings import load_settings
from motherlode.simulate import SimulateParams, Window, generate
from tests.faults.deaths import mode_of

ROOT = Path(__file__).resolve().parents[2]
FIRST = date(2017, 1, 1)
# The last day of the first run; the day after it is what the second run adds.
LAST = date(2017, 4, 29)
HOUSEHOLDS = "24"
DEATHS = {
    "append": ("batch", "written"),
    "fit": ("registered", "crowned"),
    "upsert": ("written", "outputs", "recorded"),
    "snapshot": ("written", "outputs", "recorded"),
}
"""Where jobs die on the day that is added; all places and modes are `make faults`."""
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

    def run_dying(self, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
        """Run every job, and at each point that a mode has make one of them die, and run again; the deaths."""
        self.context.as_of = None
        died: set[tuple[str, str]] = set()
        for name, job in all_jobs().items():
            mode = mode_of(job)
            point = next((point for point in DEATHS.get(mode, ()) if (mode, point) not in died), "")
            if point:
                monkeypatch.setenv(FAULT, f"{name}:{point}:fail")
            try:
                self.results[name] = run_job(self.context, job)
            except MotherlodeError as error:
                assert "was made to fail" in str(error), error
                died.add((mode, point))
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


@pytest.fixture(scope="session")
def day_added(world: World, spark: SparkSession) -> set[tuple[str, str]]:
    """Adds one day to the world, by a run whose jobs died on the way: which modes, at which points."""
    simulate(spark, Path(world.context.settings.paths.landing), LAST + timedelta(days=2))
    with pytest.MonkeyPatch.context() as patched:
        return world.run_dying(patched)
