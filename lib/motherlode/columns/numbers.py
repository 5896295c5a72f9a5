"""Numbers as sources write them."""

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

LONGEST = 100
_FAR = "[eE][+-]?0*[1-9][0-9]{2}"


def decimal(text: Column, kind: str | DataType) -> Column:
    """A text as a decimal number of that type; null where it is none.

    Java works out each digit of 1e-20000000, for half a minute, and fails at 1e-999999999.
    """
    return F.when((F.length(text) <= LONGEST) & ~text.rlike(_FAR), text).try_cast(kind)


def real(text: Column) -> Column:
    """By way of a decimal: NaN and Infinity are no numbers here."""
    return decimal(text, "decimal(24,6)").cast("double")
