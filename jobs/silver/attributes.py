"""What others say of people, from their raw records.

How it grows: with what providers deliver, a row for each person and attribute; looking for repeats reads one column
of the table.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return take_in(silver.ATTRIBUTES, records, previous, params)


JOB = Job(
    name="silver.attributes",
    doc="What others say of people, from their raw records",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.ATTRIBUTES)},
    writes=(silver.ATTRIBUTES, silver.QUARANTINES["attributes"], silver.DUPLICATES["attributes"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.ATTRIBUTES)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
