"""Tables as plain rows, to be compared, and what two runs need not have in common."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from pyspark.sql import functions as F

from motherlode.contracts import bronze, mining, serving
from motherlode.contracts.catalogue import TABLES
from motherlode.contracts.tables import Table
from motherlode.runner.context import Context

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
# What a model said about a customer, beside facts; when a row of that one file was received; what came in last.
LEFT_OUT = {
    serving.CUSTOMER_PROFILE.full_name: ("segment", "churn_probability"),
    "silver.identity_truth": ("known_at",),
    "silver.data_quality": ("is_newest",),
}


def rows_of(
    context: Context, table: Table, where: str = "true", leave_out: tuple[str, ...] = ()
) -> list[tuple[Any, ...]]:
    """The multiset of rows, without volatile columns."""
    columns = [name for name in table.stable_columns if name not in leave_out]
    rows = context.warehouse.newest(table).where(where).select(*columns).collect()
    return sorted((tuple(map(_plain, row)) for row in rows), key=repr)


def _on_day(table: Table, day: date) -> str:
    """Of a table that has rows for each as_of, those of a day."""
    return f"as_of = DATE'{day}'" if table.partition_by == ("as_of",) else REWRITTEN.get(table.full_name, "true")


def differences(one: Context, other: Context, day: date) -> dict[str, Any]:
    """Tables that are not the same on a day, of those that may not vary, and two rows that each alone has."""
    found = {}
    for name in TABLES.keys() - BY_MODEL - BY_BATCH:
        table = TABLES[name]
        here, there = (
            Counter(rows_of(context, table, _on_day(table, day), LEFT_OUT.get(name, ()))) for context in (one, other)
        )
        if here != there:
            found[name] = (list((here - there).items())[:2], list((there - here).items())[:2])
    return found


def assert_models_are_as_good(one: Context, other: Context) -> None:
    def quality(context: Context) -> dict[tuple[str, str], float]:
        rows = context.warehouse.newest(serving.MODEL_QUALITY).collect()
        return {(row["model"], row["metric"]): row["value"] for row in rows}

    here, there = quality(one), quality(other)
    assert here.keys() == there.keys()
    auc = here[("churn", "auc")]
    assert auc == pytest.approx(there[("churn", "auc")], abs=auc_tolerance(one, auc))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_plain, value))
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return round(value, 9) if isinstance(value, float) else value


def auc_tolerance(context: Context, auc: float) -> float:
    """Three standard errors of the churn model's AUC on the customers that it was judged by: a few dozen here.

    Hanley & McNeil 1982. Two trainings of one model differ by the order of its rows, and by no more than that.
    """
    judged = context.warehouse.newest(mining.CHURN_EVALUATION).groupBy("as_of")
    found = judged.agg(F.sum("churned").alias("left"), F.sum("customers").alias("all")).orderBy(F.desc("as_of")).head()
    assert found is not None
    left, stayed = found["left"], found["all"] - found["left"]
    of_left, of_stayed = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = (left - 1) * (of_left - auc**2) + (stayed - 1) * (of_stayed - auc**2)
    return 3 * float((auc * (1 - auc) + spread) / (left * stayed)) ** 0.5
