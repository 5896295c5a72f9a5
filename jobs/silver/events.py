"""Canonical events of web, app, e-mail and campaigns, from their raw records.

How it grows: each run parses what is new; looking for repeats, and for other versions of the same event, reads a few
columns of the table, of the days that the new records claim.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(
    records: DataFrame, previous: DataFrame, gone: DataFrame, campaigns: DataFrame, params: SilverParams
) -> dict[str, DataFrame]:
    return take_in(silver.EVENTS, records, previous, params, campaigns, gone)


JOB = Job(
    name="silver.events",
    doc="Canonical events of web, app, e-mail and campaigns, from their raw records",
    reads={
        "records": bronze.RECORDS,
        "previous": Previous(silver.EVENTS),
        "gone": Previous(silver.SUPERSEDED_EVENTS),
        "campaigns": silver.CAMPAIGNS,
    },
    writes=(silver.EVENTS, silver.SUPERSEDED_EVENTS, silver.QUARANTINES["events"], silver.DUPLICATES["events"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.EVENTS)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
