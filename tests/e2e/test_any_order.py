"""Logs cut into batches anyhow, in any order, some delivered again: the same events, orders and customers as in the
world, and the same features of them, whatever the customers are called; by the world's models the same findings.

One way of cutting into two in every run of the suite; `make test THOROUGH=1` takes twenty, into three.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from motherlode.contracts import features, identity, mining, serving, silver
from motherlode.contracts.bronze import ADDRESS_COLUMNS
from motherlode.contracts.tables import Table
from motherlode.runner.context import Context
from motherlode.runner.registry import all_jobs, job_needs
from motherlode.runner.run import run_job
from motherlode.runner.upkeep import owner_of
from motherlode.runner.warehouse import Transaction
from tests.e2e.tables import on_day, rows_of
from tests.e2e.world import World
from tests.thorough import THOROUGH

FEATURES = (
    features.CUSTOMER_EVENTS,
    features.BASKETS,
    features.BASKET_ITEMS,
    features.SESSIONS,
    features.INTERACTIONS,
    features.CUSTOMER_DAYS,
    features.CUSTOMER_FEATURES,
)
BY_MODEL: dict[Table, tuple[str, ...]] = {
    mining.ASSOCIATION_RULES: (),
    mining.RECOMMENDATIONS: (),
    mining.CHURN_SCORES: ("risk_decile",),  # of equal probabilities the customer's name decides
    mining.SEGMENTS: (),
    serving.ASSOCIATION_RULES: (),
    serving.RECOMMENDATIONS: (),
    serving.CHURN_SCORES: ("risk_decile",),
    serving.CUSTOMER_PROFILE: (),
    serving.CUSTOMER_SEGMENTS: (),
}
"""Tables by the champions of the whole world, and what is left out of them."""
NUMBERS = (mining.RECOMMENDER_CUSTOMERS, mining.RECOMMENDER_PRODUCTS)
Found = dict[str, Any]
Batches = list[list[tuple[Path, Path]]]
"""Files of the landing folder, each with the name that it is delivered under."""


@pytest.fixture(scope="module")
def take(
    world: World, day_added: object, new_world: Callable[[str, Path], World], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Batches], Found]:
    """Take in batches one after the other."""
    landing = Path(world.context.settings.paths.landing)
    wanted = _with_needs("silver.orders", "identity.customer_map")
    trains = {name for name, job in all_jobs().items() if job.models}
    after = _with_needs("features.customer_features", "features.interactions") - wanted
    findings = _with_needs(*(owner_of(table).name for table in BY_MODEL)) - trains

    def run(context: Context, names: set[str]) -> None:
        for name, job in all_jobs().items():
            if name in names:
                run_job(context, job)

    def taken(batches: Batches) -> Found:
        logs = tmp_path_factory.mktemp("cut")
        made = new_world("any_order", logs)
        for batch in batches:
            for path, name in batch:
                (logs / name).parent.mkdir(exist_ok=True)
                (logs / name).hardlink_to(landing / path)
            run(made.context, wanted)
        run(made.context, after)
        pinned = pin(made, world)
        run(pinned, findings)
        return found_in(made.context, world.context.business_day())

    return taken


def _with_needs(*names: str) -> set[str]:
    """Without the gate, which makes nothing that they read, and waits for all of silver."""
    found = set(names)
    for name in names:
        found |= _with_needs(*(need for need in job_needs()[name] if need != "silver.data_quality"))
    return found


def names_in(context: Context) -> dict[str, str]:
    """Customers are called after their smallest identifier."""
    rows = context.warehouse.newest(identity.CUSTOMER_MAP).groupBy("customer_id").agg(F.min("identifier"))
    return {row[0]: row[1] for row in rows.collect()}


def pin(made: World, world: World) -> Context:
    """With the champions of another world, its day, and the numbers that these know customers and products by."""
    theirs, settings = world.context, made.context.settings
    paths = replace(settings.paths, tracking=theirs.settings.paths.tracking, artifacts=theirs.settings.paths.artifacts)
    day = theirs.business_day()
    customers, products = (theirs.warehouse.newest(table).where(on_day(table, day)) for table in NUMBERS)
    pinned = Context(made.context.spark, replace(settings, paths=paths), day)
    known = theirs.warehouse.newest(identity.CUSTOMER_MAP).select("identifier", "customer_id").distinct()
    ours = pinned.spark.createDataFrame(list(names_in(made.context).items()), "ours string, identifier string")
    renamed = customers.join(known, "customer_id").join(ours, "identifier").drop("customer_id")
    renamed = renamed.withColumnRenamed("ours", "customer_id")
    for table, rows in zip(NUMBERS, (renamed, products), strict=True):
        pinned.warehouse.overwrite(table, rows, Transaction(f"pinned:{table.name}", 1))
    return pinned


def found_in(context: Context, day: date) -> Found:
    groups: dict[str, set[tuple[Any, ...]]] = {}
    columns = [name for name in identity.CUSTOMER_MAP.stable_columns if name != "customer_id"]
    for row in context.warehouse.newest(identity.CUSTOMER_MAP).select("customer_id", *columns).collect():
        groups.setdefault(row[0], set()).add(tuple(row[1:]))
    names: dict[str | None, str | None] = {None: None, **names_in(context)}
    found: Found = {
        "events": rows_of(context, silver.EVENTS, leave_out=ADDRESS_COLUMNS),
        "orders": rows_of(context, silver.ORDERS, leave_out=ADDRESS_COLUMNS),
        "partition": {frozenset(group) for group in groups.values()},
    }
    # A session is called after its customer.
    for table, left_out in {**dict.fromkeys(FEATURES, ("session_id",)), **BY_MODEL}.items():
        kept = [name for name in table.stable_columns if name not in left_out]
        at = kept.index("customer_id") if "customer_id" in kept else None
        rows = rows_of(context, table, on_day(table, day), left_out)
        if at is not None:
            rows = [(*row[:at], names[row[at]], *row[at + 1 :]) for row in rows]
        found[table.full_name] = sorted(map(repr, rows))
    return found


@pytest.fixture(scope="module")
def in_world(world: World, day_added: object) -> Found:
    found = found_in(world.context, world.context.business_day())
    assert len(found["events"]) > 100
    assert len(found["orders"]) > 10
    assert max(map(len, found["partition"])) > 3
    assert [table.full_name for table in (*FEATURES, *BY_MODEL) if not found[table.full_name]] == []
    return found


@settings(
    max_examples=20 if THOROUGH else 1,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32))
def test_any_partition_in_any_order_with_repeats(
    take: Callable[[Batches], Found], world: World, in_world: Found, seed: int
) -> None:
    draw = random.Random(seed)
    landing = Path(world.context.settings.paths.landing)
    files = sorted(path.relative_to(landing) for path in landing.glob("*/*") if path.is_file())
    batches: Batches = [[] for _ in range(3 if THOROUGH else 2)]
    for path in draw.sample(files, len(files)):
        first = draw.randrange(len(batches))
        batches[first].append((path, path))
        if draw.random() < 0.5:
            again = path.with_name(f"again-{path.name}")
            batches[draw.randrange(first, len(batches))].append((path, again))
    found = take(batches)
    for what, expected in in_world.items():
        assert found[what] == expected, what
