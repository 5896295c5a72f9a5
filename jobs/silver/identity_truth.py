"""A labelled sample of who is who, from its raw records.

How it grows: not with events: a sample is labelled once.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return take_in(silver.IDENTITY_TRUTH, records, previous, params)


JOB = Job(
    name="silver.identity_truth",
    doc="A labelled sample of who is who, from its raw records",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.IDENTITY_TRUTH)},
    writes=(silver.IDENTITY_TRUTH, silver.QUARANTINES["identity_truth"], silver.DUPLICATES["identity_truth"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.IDENTITY_TRUTH)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
