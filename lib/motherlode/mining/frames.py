"""Small steps that every miner takes: what was known by a day, few partitions for little data."""

import math
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def known_by(facts: DataFrame, day: date) -> DataFrame:
    """Facts of days up to `day`, as far as they were known to be the customer's on that day."""
    return facts.where((F.col("day") <= F.lit(day)) & (F.col("known_on") <= F.lit(day)))


def compact(frame: DataFrame, rows_per_partition: int = 100_000) -> tuple[DataFrame, int]:
    """Persist, count, and gather little data in few partitions, since each costs a task in every iteration.

    Returns:
        The persisted frame in few partitions, and its number of rows.
    """
    kept = frame.persist()
    rows = kept.count()
    return kept.coalesce(max(1, math.ceil(rows / rows_per_partition))), rows
