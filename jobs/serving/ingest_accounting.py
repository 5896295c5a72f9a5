"""What became of every record: taken, a repeat, or quarantined.

How it grows: the addresses that bronze's retention spans, grouped once by record; no other column is read.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, serving, silver
from motherlode.contracts.jobs import Addresses, Job, Outputs, Snapshot
from motherlode.contracts.tables import Purpose
from motherlode.serving.accounting import accounting


def transform(addresses: DataFrame) -> Outputs:
    return {serving.INGEST_ACCOUNTING.name: accounting(addresses)}


JOB = Job(
    name="serving.ingest_accounting",
    doc="Counts what became of the records of each batch",
    reads={
        "addresses": Addresses(
            (
                bronze.RECORDS,
                bronze.QUARANTINE,
                *silver.TARGETS,
                *silver.DUPLICATES.values(),
                *silver.QUARANTINES.values(),
            )
        )
    },
    writes=(serving.INGEST_ACCOUNTING,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["serving.ingest_accounting", *sys.argv[1:]])
