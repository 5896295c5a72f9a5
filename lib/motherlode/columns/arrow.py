"""Python functions over Arrow batches as functions of columns."""

from collections.abc import Callable
from typing import Any, cast

from pyspark.sql import Column
from pyspark.sql.pandas.functions import arrow_udf
from pyspark.sql.types import DataType


def batched(function: Callable[[Any], Any], kind: DataType, repeatable: bool = True) -> Callable[[Column], Column]:
    """A function of one column.

    Args:
        function: an Arrow array of one batch to an array of the same length; hinted as `pa.Array`.
        kind: the type of the new column.
        repeatable: gives the same each time.
    """
    # The stubs know only calls that name the kind of function, against which Spark warns: it reads the hints.
    udf = cast(Any, arrow_udf)(function, kind)
    if not repeatable:
        udf = udf.asNondeterministic()
    return cast(Callable[[Column], Column], udf)
