from pathlib import Path
import pytest
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import Context
from motherlode.settings import load_settings
from tests.e2e.world import World, told, ROOT


@pytest.fixture(scope="session")
def world(spark):
    folder = Path("/tmp/w/ct1keep/world0")
    logs = Path("/tmp/w/ct1keep/logs0")
    kinds = {job.params for job in all_jobs().values() if job.params}
    return World(
        Context(spark, load_settings(ROOT / "conf", "demo", told(folder, logs), sorted(kinds, key=str))), {}, folder
    )
