"""Arrays put together natively."""

from collections.abc import Iterable

from pyspark.sql import Column
from pyspark.sql import functions as F


def those(elements: Iterable[tuple[Column, Column]], kind: str) -> Column:
    """The array, of type `kind`, of those elements whose condition (second) is true.

    What array_compact would do: it filters by a function over elements, which Spark never compiles.
    """
    nothing = F.array().cast(kind)
    parts = [F.when(when, F.array(element).cast(kind)).otherwise(nothing) for element, when in elements]
    return F.concat(nothing, *parts)
