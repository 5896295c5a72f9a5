"""From 20 rows of each serving table back to raw records, the counts and addresses checked by other means."""

import random
from pathlib import Path

import pytest
from pyspark.sql import Column
from pyspark.sql import functions as F

from motherlode.contracts import bronze, serving
from motherlode.contracts.tables import Table
from motherlode.runner.explain import Step, key_condition, walk
from tests.e2e.conftest import World

ROWS = 20


def _keys(world: World, table: Table) -> list[list[str]]:
    rows = world.context.warehouse.newest(table)
    found = sorted([str(value) for value in row] for row in rows.select(*table.key).collect())
    return random.Random(7).sample(found, min(ROWS, len(found)))


def _one(table: Table, keys: list[list[str]]) -> Column:
    condition = F.lit(False)
    for key in keys:
        condition = condition | key_condition(table, key)
    return condition


@pytest.mark.parametrize("table", serving.TABLES, ids=lambda table: table.name)
def test_each_row_leads_to_raw_records(world: World, table: Table) -> None:
    landing = Path(world.context.settings.paths.landing)
    keys = _keys(world, table)
    # Each alone costs seconds: two are walked alone, the others together.
    for condition, count in [(_one(table, [key]), 1) for key in keys[:2]] + [(_one(table, keys), len(keys))]:
        steps = walk(world.context, table, condition)
        assert steps[0].count == count
        records = [step for step in steps if step.table is bronze.RECORDS]
        assert records
        assert records[0].count > 0
        for row in records[0].rows.select("file", "offset", "raw").limit(25).collect():
            data = (landing / row["file"]).read_bytes()
            raw = row["raw"].encode()
            assert data[row["offset"] : row["offset"] + len(raw)] == raw


def test_recommendations_rest_on_the_customers_own_rows(world: World) -> None:
    """The walk's records for one customer are those that hold an identifier of that customer, found by pandas."""
    table = serving.CHURN_SCORES
    key = _keys(world, table)[0]
    steps = {step.table.full_name: step for step in walk(world.context, table, key_condition(table, key))}
    customer = key[0]
    warehouse = world.context.warehouse

    def frame(name: str, *columns: str):  # type: ignore[no-untyped-def]
        from motherlode.contracts.catalogue import TABLES

        return warehouse.newest(TABLES[name]).select(*columns).toPandas()

    as_of = world.context.business_day()
    days = frame("features.customer_days", "customer_id", "day")
    mine = days[(days.customer_id == customer) & (days.day <= as_of)]
    assert steps["features.customer_days"].count == len(mine)
    changes = frame("features.basket_changes", "customer_id", "day", "order_id")
    orders = set(changes[(changes.customer_id == customer) & changes.day.isin(mine.day)].order_id)
    assert set(_column(steps["features.basket_changes"], "order_id")) == orders
    # Every version of an order is part of how it became what it is.
    lines = frame("silver.order_lines", "order_id", "file", "offset")
    from_orders = lines[lines.order_id.isin(orders)][["file", "offset"]]
    events = frame("features.customer_events", "customer_id", "day", "row_id")
    ids = set(events[(events.customer_id == customer) & events.day.isin(mine.day)].row_id)
    silver = frame("silver.events", "row_id", "file", "offset")
    from_events = silver[silver.row_id.isin(ids)][["file", "offset"]]
    expected = set(map(tuple, from_orders.to_numpy())) | set(map(tuple, from_events.to_numpy()))
    found = {(row["file"], row["offset"]) for row in steps["bronze.records"].rows.select("file", "offset").collect()}
    assert found == expected


def _column(step: Step, name: str) -> list[str]:
    return [row[0] for row in step.rows.select(name).collect()]
