"""From 20 rows of each serving table back to raw records: every count and every address as pandas finds it."""

import random
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import Column
from pyspark.sql import functions as F

from motherlode.contracts import serving
from motherlode.contracts.tables import Table
from motherlode.runner.explain import key_condition, walk
from tests.e2e.lineage import Lineage
from tests.e2e.world import World

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


@pytest.fixture(scope="module")
def lineage(world: World) -> Lineage:
    return Lineage(world)


@pytest.mark.parametrize("table", serving.TABLES, ids=lambda table: table.name)
def test_each_row_leads_to_the_raw_records_that_pandas_finds(world: World, lineage: Lineage, table: Table) -> None:
    landing = Path(world.context.settings.paths.landing)
    keys = _keys(world, table)
    # Each alone costs seconds: one is walked alone, the others together.
    for chosen in (keys[:1], keys):
        steps = {step.table.full_name: step for step in walk(world.context, table, _one(table, chosen))}
        rows = lineage.frame(table.full_name)
        start = [[str(value) for value in key] in chosen for key in rows[list(table.key)].itertuples(index=False)]
        expected = lineage.walk(table.full_name, pd.Series(start, index=rows.index))
        assert len(expected[table.full_name]) == len(chosen)
        assert {name: step.count for name, step in steps.items()} == {n: len(found) for n, found in expected.items()}
        records = steps["bronze.records"].rows.select("file", "offset", "raw").collect()
        wanted = expected["bronze.records"][["file", "offset"]].itertuples(index=False, name=None)
        assert {(row["file"], row["offset"]) for row in records} == set(wanted)
        for row in random.Random(7).sample(records, min(25, len(records))):
            data = (landing / row["file"]).read_bytes()
            raw = row["raw"].encode()
            assert data[row["offset"] : row["offset"] + len(raw)] == raw


def test_a_shared_device_leads_to_its_own_turn_alone(world: World, lineage: Lineage) -> None:
    turns = lineage.frame("identity.customer_map").query("is_shared")
    customer = sorted(turns.customer_id)[0]
    shared = set(turns[turns.customer_id == customer].identifier)
    steps = walk(world.context, serving.CUSTOMER_PROFILE, key_condition(serving.CUSTOMER_PROFILE, [customer]))
    found = {step.table.full_name: step for step in steps}["silver.events"].rows.toPandas()
    every = lineage.frame("silver.events")
    reached = found[found.identifier.isin(shared)]
    assert 0 < len(reached) < len(every[every.identifier.isin(shared)])
