"""CRM customers, from their raw records; contact points go to silver.contacts alone.

How it grows: with the CRM's rows, far fewer than events; looking for repeats reads one column of the table.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return take_in(silver.CUSTOMERS, records, previous, params)


JOB = Job(
    name="silver.customers",
    doc="CRM customers, from their raw records; contact points go to silver.contacts alone",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.CUSTOMERS)},
    writes=(silver.CUSTOMERS, silver.QUARANTINES["customers"], silver.DUPLICATES["customers"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.CUSTOMERS)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
