"""What may be said about a value that was not understood: its shape, not what it says."""

from pyspark.sql import Column
from pyspark.sql import functions as F

LONGEST = 40


def shape(value: Column) -> Column:
    """The first 40 characters, letters as `a` and digits as `9`."""
    start = F.substring(value, 1, LONGEST)
    return F.regexp_replace(F.regexp_replace(start, r"\p{L}", "a"), r"\p{N}", "9")
