"""Deriving tables again and looking after them, on a whole warehouse: nobody downstream sees a difference."""

import datetime
from collections import Counter
from dataclasses import replace

import pytest
from pyspark.sql import functions as F

from motherlode.contracts import bronze, identity, silver
from motherlode.contracts.tables import Table
from motherlode.errors import UsageError
from motherlode.runner.rebuild import rebuild
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import run_job
from motherlode.runner.upkeep import maintain
from tests.cluster.run import ClusterRun
from tests.e2e.tables import rows_of
from tests.e2e.world import World

CONSENTS = (silver.CONSENTS, silver.DUPLICATES["consents"], silver.QUARANTINES["consents"])


@pytest.fixture(scope="module")
def scratch(on_cluster: ClusterRun) -> World:
    """Nobody needs it afterwards."""
    return on_cluster.world


def counted(world: World, *tables: Table) -> list[Counter[tuple[object, ...]]]:
    return [Counter(rows_of(world.context, table)) for table in tables]


@pytest.mark.parametrize("since", [None, datetime.date(2017, 3, 1)])
def test_an_appended_table_derived_again_is_what_it_was(scratch: World, since: datetime.date | None) -> None:
    before = counted(scratch, *CONSENTS)
    versions = [scratch.context.warehouse.version(table) for table in CONSENTS]
    (result,) = rebuild(scratch.context, silver.CONSENTS, since)
    assert (result.status, result.rows["consents"]) == ("done", before[0].total())
    assert counted(scratch, *CONSENTS) == before
    assert [scratch.context.warehouse.version(table) for table in CONSENTS] != versions
    assert run_job(scratch.context, all_jobs()["silver.consents"]).status == "skipped"
    assert run_job(scratch.context, all_jobs()["identity.consents"]).why in ("no row changed", "nothing changed")


def test_a_computed_table_derived_again_is_what_it_was(scratch: World) -> None:
    before = counted(scratch, identity.CONSENTS)
    (result,) = rebuild(scratch.context, identity.CONSENTS, None)
    assert (result.status, result.why) == ("done", "no row changed")
    assert counted(scratch, identity.CONSENTS) == before
    with pytest.raises(UsageError, match="is computed as a whole: leave out --from"):
        rebuild(scratch.context, identity.CONSENTS, datetime.date(2017, 3, 1))


def test_what_bronze_no_longer_has_is_not_derived_again(scratch: World) -> None:
    """The tables made from it must keep all."""
    before = counted(scratch, *CONSENTS)
    context = scratch.context
    (newest,) = context.warehouse.newest(bronze.RECORDS).agg(F.max("received_on")).collect()
    kept = datetime.timedelta(days=bronze.RECORDS.retention or 0)
    assert maintain(replace(context, as_of=newest[0] + kept), bronze.RECORDS)[0] == 0
    late = replace(context, as_of=newest[0] + kept + datetime.timedelta(days=1))
    assert maintain(late, bronze.RECORDS)[0] > 1000
    assert context.warehouse.newest(bronze.RECORDS).isEmpty()
    with pytest.raises(
        UsageError, match=r"silver\.consents: records that it was made from are past bronze's retention"
    ):
        rebuild(context, silver.CONSENTS, None)
    assert counted(scratch, *CONSENTS) == before


def test_no_job_runs_again_because_of_upkeep(scratch: World) -> None:
    context = scratch.context
    scratch.run()
    for table in (bronze.FILES, silver.EVENTS, silver.ORDERS, identity.CUSTOMER_MAP):
        maintain(context, table)
    maintain(context, bronze.RECORDS)
    again = scratch.run()
    assert {name: result.why for name, result in again.items() if result.status != "skipped"} == {}
