"""A first run does every job, and running again changes nothing."""

import time

from motherlode.contracts.catalogue import TABLES
from motherlode.runner.registry import all_jobs
from tests.e2e.tables import rows_of
from tests.e2e.world import World


def test_every_job_ran(world: World) -> None:
    assert {name: r.why for name, r in world.results.items() if r.status != "done"} == {}


def test_the_rows_that_a_run_says_are_those_of_its_tables(world: World) -> None:
    said = {f"{r.job.name.split('.')[0]}.{table}": n for r in world.results.values() for table, n in r.rows.items()}
    assert said == {name: len(rows_of(world.context, table)) for name, table in TABLES.items()}


def test_running_again_changes_nothing(world: World) -> None:
    before = {name: world.context.warehouse.version(table) for name, table in TABLES.items()}
    first = sum(result.seconds for result in world.results.values())
    started = time.monotonic()
    again = world.run()
    assert {name: result.status for name, result in again.items()} == dict.fromkeys(all_jobs(), "skipped")
    assert {name: world.context.warehouse.version(table) for name, table in TABLES.items()} == before
    assert time.monotonic() - started < first / 3
