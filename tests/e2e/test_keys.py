"""What a contract promises of a table holds for what was written."""

import pytest
from pyspark.sql import functions as F

from motherlode.contracts.catalogue import TABLES
from tests.e2e.world import World

NOT_IN_THE_DEMO = tuple(
    f"silver.{name}" for name in ("attributes", "exchange_rates", "superseded_events", "exports", "deletions")
)
"""None of its sources delivers rates or what others say of people, says different things of one event, or is whole."""


@pytest.mark.parametrize("name", list(TABLES))
def test_keys_are_unique_and_fields_as_declared(world: World, name: str) -> None:
    table = TABLES[name]
    version = world.context.warehouse.version(table)
    if version is None:
        empty = name.endswith(("_quarantine", "_duplicates")) or name in NOT_IN_THE_DEMO
        assert empty, f"{name} was never written"
        return
    rows = world.context.warehouse.read(table, version)
    assert rows.groupBy(*table.key).count().where("count > 1").limit(1).count() == 0
    assert [(f.name, f.dataType) for f in rows.schema] == [(f.name, f.dataType) for f in table.schema]
    nulls = [F.sum(F.col(f.name).isNull().cast("int")).alias(f.name) for f in table.fields if not f.nullable]
    counted = rows.agg(*nulls).head()
    assert counted is not None
    assert {column: n for column, n in counted.asDict().items() if n} == {}
