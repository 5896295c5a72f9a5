"""Texts made from structure, for hashing: two different rows never look alike."""

from pyspark.sql import Column
from pyspark.sql import functions as F


def structure(*values: Column) -> Column:
    """Texts, each behind its length, and `-` for null: one text that no other values have.

    What to_json would do, at a tenth of its cost, which is more than reading the record took.
    """
    parts = [F.coalesce(F.concat(F.length(value).cast("string"), F.lit(":"), value), F.lit("-")) for value in values]
    return F.concat(*parts)
