"""Running again changes nothing; a day more gives what a run from scratch gives."""

import time
from collections import Counter

import pytest

from motherlode.contracts import bronze, identity, mining, serving
from motherlode.contracts.catalogue import TABLES
from motherlode.runner.registry import all_jobs
from tests.e2e.tables import auc_tolerance, rows_of
from tests.e2e.world import DayAdded, World

# Trained models vary with the order of sums: what they say is compared by their metrics elsewhere.
BY_MODEL = {
    mining.RECOMMENDATIONS.full_name,
    mining.SEGMENTS.full_name,
    mining.CHURN_SCORES.full_name,
    mining.CHURN_EVALUATION.full_name,
    serving.RECOMMENDATIONS.full_name,
    serving.CUSTOMER_SEGMENTS.full_name,
    serving.CHURN_SCORES.full_name,
    serving.MODEL_QUALITY.full_name,
}
# The simulator writes its one file of who is who anew with each day: a second delivery of what was there.
REWRITTEN = dict.fromkeys(
    (
        "bronze.records",
        "silver.identity_truth_duplicates",
        "silver.quality_counts",
        "silver.data_quality",
        "serving.data_quality",
    ),
    "source <> 'identity_truth'",
)
BY_BATCH = {bronze.FILES.full_name, serving.INGEST_ACCOUNTING.full_name}
# What a model said about a customer, beside facts; when a row of that one file was received.
LEFT_OUT = {
    serving.CUSTOMER_PROFILE.full_name: ("segment", "churn_probability"),
    "silver.identity_truth": ("known_at",),
}


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


def test_a_day_more_equals_a_run_from_scratch(world: World, day_added: DayAdded) -> None:
    died, scratch = day_added.died, day_added.scratch
    assert world.results["silver.events"].status == "done"
    assert died >= {"bronze.records", "silver.events", "silver.orders", "identity.customer_map", "mining.churn"}
    assert len(died) > 25
    day = scratch.context.business_day()
    assert world.context.business_day() == day
    different = {}
    for name, table in TABLES.items():
        if name in BY_MODEL | BY_BATCH:
            continue
        where = f"as_of = DATE'{day}'" if table.partition_by == ("as_of",) else REWRITTEN.get(name, "true")
        leave_out = LEFT_OUT.get(name, ())
        one = Counter(rows_of(world.context, table, where, leave_out))
        other = Counter(rows_of(scratch.context, table, where, leave_out))
        if one != other:
            different[name] = (list((other - one).items())[:2], list((one - other).items())[:2])
    assert different == {}


def test_the_partition_of_identifiers_is_the_same(world: World, day_added: DayAdded) -> None:
    scratch = day_added.scratch
    one = rows_of(world.context, identity.CUSTOMER_MAP)
    other = rows_of(scratch.context, identity.CUSTOMER_MAP)
    assert one == other


def test_retrained_models_are_as_good(world: World, day_added: DayAdded) -> None:
    scratch = day_added.scratch

    def quality(some: World) -> dict[tuple[str, str], float]:
        table = serving.MODEL_QUALITY
        rows = some.context.warehouse.newest(table).collect()
        return {(row["model"], row["metric"]): row["value"] for row in rows}

    one, other = quality(world), quality(scratch)
    assert one.keys() == other.keys()
    auc = one[("churn", "auc")]
    assert auc == pytest.approx(other[("churn", "auc")], abs=auc_tolerance(world.context, auc))
