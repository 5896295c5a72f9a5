"""What currencies were worth, from raw records.

How it grows: with currencies and days, not with events; looking for repeats reads one column of the table.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return take_in(silver.EXCHANGE_RATES, records, previous, params)


JOB = Job(
    name="silver.exchange_rates",
    doc="What currencies were worth, from raw records",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.EXCHANGE_RATES)},
    writes=(silver.EXCHANGE_RATES, silver.QUARANTINES["exchange_rates"], silver.DUPLICATES["exchange_rates"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.EXCHANGE_RATES)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
