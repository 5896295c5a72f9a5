"""Of what was delivered in several versions, which holds."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from motherlode.contracts.silver import DELIVERED


def is_state(*order: str) -> Column:
    """Whether a line is of its order's newest version, and of its repeats there the one delivered last.

    Args:
        order: the columns that name an order.
    """
    newest = F.max("version_at").over(Window.partitionBy(*order)) == F.col("version_at")
    repeats = Window.partitionBy(*order, "version_at", "line_no").orderBy(*[F.desc(name) for name in DELIVERED])
    return newest & (F.row_number().over(repeats) == 1)


def standing(events: DataFrame, superseded: DataFrame) -> DataFrame:
    """Of silver.events those that count: one of each key."""
    return events.join(superseded.select("row_id"), on="row_id", how="left_anti")
