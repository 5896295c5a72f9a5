"""Lines of each delivered version of an order or store sale, from their raw records.

How it grows: each run parses what is new; looking for repeats reads one column of the table.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return take_in(silver.ORDER_LINES, records, previous, params)


JOB = Job(
    name="silver.order_lines",
    doc="Lines of each delivered version of an order or store sale, from their raw records",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.ORDER_LINES)},
    writes=(silver.ORDER_LINES, silver.QUARANTINES["order_lines"], silver.DUPLICATES["order_lines"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.ORDER_LINES)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
