"""Marketing campaigns, from their raw records.

How it grows: not with events: campaigns stay few.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return take_in(silver.CAMPAIGNS, records, previous, params)


JOB = Job(
    name="silver.campaigns",
    doc="Marketing campaigns, from their raw records",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.CAMPAIGNS)},
    writes=(silver.CAMPAIGNS, silver.QUARANTINES["campaigns"], silver.DUPLICATES["campaigns"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.CAMPAIGNS)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
