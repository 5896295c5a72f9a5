"""Logs cut into batches anyhow, in any order, some delivered again: the same events, orders and customers, and the same
features of them, whatever the customers are called; by the same models the same findings.

One way of cutting in every run of the suite; `make test THOROUGH=1` takes twenty.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
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
from tests.e2e.tables import rows_of
from tests.e2e.world import World
from tests.thorough import THOROUGH

SOURCES = {
    "web": 6,
    "app": 3,
    "email": 3,
    "shop": 3,
    "store_sales": 3,
    "crm_customers": 2,
    "consents": 2,
    "products": 1,
    "demographics": 1,
}
"""How many files of each; the last ones, for models look back from the world's last day."""
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
EXAMPLES = 20 if THOROUGH else 1
Found = dict[str, Any]


@pytest.fixture(scope="module")
def files(world: World) -> list[Path]:
    landing = Path(world.context.settings.paths.landing)
    return [path.relative_to(landing) for name, count in SOURCES.items() for path in _last(landing / name, count)]


def _last(folder: Path, count: int) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())[-count:]


@pytest.fixture(scope="module")
def take(world: World, new_world: Callable[[str, Path], World], tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """Take in batches of files, each (file, name it is delivered under), one after the other."""
    landing = Path(world.context.settings.paths.landing)
    wanted = _with_needs("silver.orders", "identity.customer_map")
    after = _with_needs("features.customer_features", "features.interactions") - wanted
    trains = {name for name, job in all_jobs().items() if job.models}
    findings = _with_needs(*(owner_of(table).name for table in BY_MODEL)) - trains

    def taken(batches: list[list[tuple[Path, Path]]]) -> Found:
        logs = tmp_path_factory.mktemp("cut")
        made = new_world("any_order", logs)
        for batch in batches:
            for path, name in batch:
                (logs / name).parent.mkdir(exist_ok=True)
                shutil.copy2(landing / path, logs / name)
            for name, job in all_jobs().items():
                if name in wanted:
                    run_job(made.context, job)
        for name, job in all_jobs().items():
            if name in after:
                run_job(made.context, job)
        pinned = pin(made, world)
        for name, job in all_jobs().items():
            if name in findings:
                run_job(pinned, job)
        return found_in(made)

    return taken


def _with_needs(*names: str) -> set[str]:
    """Without the gate, which makes nothing that they read, and waits for all of silver."""
    found = set(names)
    for name in names:
        found |= _with_needs(*(need for need in job_needs()[name] if need != "silver.data_quality"))
    return found


def names_in(made: World) -> dict[str, str]:
    """Customers are called after their smallest identifier."""
    rows = made.context.warehouse.newest(identity.CUSTOMER_MAP).groupBy("customer_id").agg(F.min("identifier"))
    return {row[0]: row[1] for row in rows.collect()}


def pin(made: World, world: World) -> Context:
    """With the champions of another world, its day, and the numbers that these know customers and products by."""
    theirs, settings = world.context, made.context.settings
    paths = replace(settings.paths, tracking=theirs.settings.paths.tracking, artifacts=theirs.settings.paths.artifacts)
    customers, products = (theirs.warehouse.newest(table) for table in NUMBERS)
    newest = customers.agg(F.max("as_of")).head()
    assert newest is not None
    pinned = Context(made.context.spark, replace(settings, paths=paths), newest[0])
    known = theirs.warehouse.newest(identity.CUSTOMER_MAP).select("identifier", "customer_id").distinct()
    ours = pinned.spark.createDataFrame(list(names_in(made).items()), "ours string, identifier string")
    renamed = customers.join(known, "customer_id").join(ours, "identifier").drop("customer_id")
    renamed = renamed.withColumnRenamed("ours", "customer_id")
    for table, rows in zip(NUMBERS, (renamed, products), strict=True):
        pinned.warehouse.overwrite(table, rows, Transaction(f"pinned:{table.name}", 1))
    return pinned


def found_in(made: World) -> Found:
    context = made.context
    groups: dict[str, set[tuple[Any, ...]]] = {}
    columns = [name for name in identity.CUSTOMER_MAP.stable_columns if name != "customer_id"]
    for row in context.warehouse.newest(identity.CUSTOMER_MAP).select("customer_id", *columns).collect():
        groups.setdefault(row[0], set()).add(tuple(row[1:]))
    names: dict[str | None, str | None] = {None: None, **names_in(made)}
    found: Found = {
        "events": rows_of(context, silver.EVENTS, leave_out=ADDRESS_COLUMNS),
        "orders": rows_of(context, silver.ORDERS, leave_out=ADDRESS_COLUMNS),
        "partition": {frozenset(group) for group in groups.values()},
    }
    # A session is called after its customer.
    for table, left_out in {**dict.fromkeys(FEATURES, ("session_id",)), **BY_MODEL}.items():
        kept = [name for name in table.stable_columns if name not in left_out]
        at = kept.index("customer_id") if "customer_id" in kept else None
        rows = rows_of(context, table, leave_out=left_out)
        if at is not None:
            rows = [(*row[:at], names[row[at]], *row[at + 1 :]) for row in rows]
        found[table.full_name] = sorted(map(repr, rows))
    return found


@pytest.fixture(scope="module")
def at_once(take, files: list[Path]) -> Found:  # type: ignore[no-untyped-def]
    found: Found = take([[(path, path) for path in files]])
    assert len(found["events"]) > 100
    assert len(found["orders"]) > 10
    assert max(map(len, found["partition"])) > 3
    assert [table.full_name for table in (*FEATURES, *BY_MODEL) if not found[table.full_name]] == []
    return found


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_any_partition_in_any_order_with_repeats(take, files: list[Path], at_once: Found, data: st.DataObject) -> None:  # type: ignore[no-untyped-def]
    batches: list[list[tuple[Path, Path]]] = [[], [], []]
    for path in data.draw(st.permutations(files)):
        first = data.draw(st.integers(0, 2))
        batches[first].append((path, path))
        if data.draw(st.booleans()):
            again = path.with_name(f"again-{path.name}")
            batches[data.draw(st.integers(first, 2))].append((path, again))
    found = take(batches)
    for what, expected in at_once.items():
        assert found[what] == expected, what
