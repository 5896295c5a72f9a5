"""Tables as plain rows, to be compared."""

from typing import Any

from pyspark.sql import functions as F

from motherlode.contracts import mining
from motherlode.contracts.tables import Table
from motherlode.runner.context import Context


def rows_of(
    context: Context, table: Table, where: str = "true", leave_out: tuple[str, ...] = ()
) -> list[tuple[Any, ...]]:
    """The multiset of rows, without volatile columns."""
    columns = [name for name in table.stable_columns if name not in leave_out]
    rows = context.warehouse.newest(table).where(where).select(*columns).collect()
    return sorted((tuple(map(_plain, row)) for row in rows), key=repr)


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
