"""Contact points, names, addresses and birth dates, encrypted, from the raw records of sources that have them.

How it grows: with the records that hold contact points, read once; looking for repeats reads one column of
the table, which has a row for each different value and not for each record.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.contacts import contacts
from motherlode.sources.intake import SilverParams, with_contacts


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return {"contacts": contacts(records, previous, params)}


JOB = Job(
    name="silver.contacts",
    doc="Contact points, names, addresses and birth dates, encrypted",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.CONTACTS)},
    writes=(silver.CONTACTS,),
    transform=transform,
    mode=Append(stream="records", only=with_contacts),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
