"""What may be said about a value that was not understood: its shape, not what it says."""

from pyspark.sql import Column
from pyspark.sql import functions as F

LONGEST = 40
_NESTED = r'^\s*+(?:\{\s*+["}]|\[\s*+(?:["{\[\]]|(?:-?[0-9][0-9.eE+-]*+|true|false|null)\s*+[,\]]))'


def is_nested(text: Column) -> Column:
    """Whether an object or array of JSON stands where a text or number should: it is read as the text that it is."""
    return text.rlike(_NESTED)


def shape(value: Column) -> Column:
    """The first 40 characters, letters as `a` and digits as `9`."""
    start = F.substring(value, 1, LONGEST)
    return F.regexp_replace(F.regexp_replace(start, r"\p{L}", "a"), r"\p{N}", "9")
