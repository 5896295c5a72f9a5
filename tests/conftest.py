"""One Spark session for each process of the suite, with keys that are only for tests."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
# Before the JVM starts: Python workers inherit the environment of the process that starts it.
os.environ["MOTHERLODE_PSEUDONYM_KEY"] = "dGVzdC1wc2V1ZG9ueW0ta2V5LTMyLWJ5dGVzLWxvbmc="
os.environ["MOTHERLODE_CONTACT_KEY"] = "dGVzdC1jb250YWN0LWtleS10aGlydHktdHdvLWJ5dGU="
os.environ["PYSPARK_PYTHON"] = sys.executable
# A process that xdist starts has no main file, which PySpark takes for a run of its own doctests, and ends it.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "lib"), str(ROOT)])

pytest_plugins = ["tests.e2e.world", "tests.cluster.run"]


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    from motherlode.runner.session import open_session
    from motherlode.settings import load_settings

    settings = load_settings(
        ROOT / "conf",
        profile="local",
        overrides=(
            f"paths.warehouse={tmp_path_factory.mktemp('warehouse')}",
            f"paths.jars={ROOT / 'build/jars'}",
            # What plans and events say is searched for plain identifiers and keys.
            "spark.conf.spark.eventLog.enabled=true",
            "spark.conf.spark.eventLog.compress=false",
            f"spark.conf.spark.eventLog.dir={tmp_path_factory.mktemp('events').as_uri()}",
            "spark.conf.spark.driver.memory=3g",
            # An operator takes a page before it has a row: of a plan of all formats more than there is.
            "spark.conf.spark.buffer.pageSize=1m",
            # Small data: planning again between two shuffles costs more than it saves.
            "spark.conf.spark.sql.adaptive.enabled=false",
        ),
    )
    session = open_session("tests", settings)
    yield session
    session.stop()


WORLDS = ("tests/cluster", "tests/e2e", "tests/faults")
"""They share a world that was run once, so one process runs them all: the longest part, which comes first."""
ON_THE_LAST_DAY = ("tests/cluster", "tests/e2e/test_upkeep", "tests/faults")
"""They come when the others have looked at the world as it is before its last day."""


class _OneWorld(LoadScopeScheduling):
    """What shares fixtures stays in one process: a file, and all that the world is for."""

    def _split_scope(self, nodeid: str) -> str:
        return "worlds" if nodeid.startswith(WORLDS) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return _OneWorld(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest part first, in the order of the world's days; the rest as it was."""

    def place(item: pytest.Item) -> int:
        if not item.nodeid.startswith(WORLDS):
            return len(ON_THE_LAST_DAY) + 1
        return next((n for n, of in enumerate(ON_THE_LAST_DAY, 1) if item.nodeid.startswith(of)), 0)

    items.sort(key=place)


@pytest.fixture(autouse=True)
def forgotten_logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Delta keeps what it has read of a table's log, 2 MB of plans each, and the suite makes thousands of tables."""
    yield
    session = SparkSession.getActiveSession()
    if session is not None and "tmp_path" in request.fixturenames:
        forget_logs(session)


def forget_logs(spark: SparkSession) -> None:
    """As a process that has not read them."""
    jvm: Any = spark.sparkContext._jvm
    jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
