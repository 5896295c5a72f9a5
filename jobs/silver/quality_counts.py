"""What was found of the records of each file, counted once when all of them had been taken in.

How it grows: each run reads a few columns of the batches that are new, and groups them map-side by file.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.checks.counts import counted, findings_of
from motherlode.checks.quality import QualityParams
from motherlode.contracts import bronze, quality, silver
from motherlode.contracts.jobs import Addresses, Append, Job, Previous
from motherlode.contracts.tables import Purpose


def transform(
    files: DataFrame, addresses: DataFrame, previous: DataFrame, params: QualityParams
) -> dict[str, DataFrame]:
    names = [source.name for source in params.sources]
    return {quality.COUNTS.name: counted(files, addresses, previous, params.zone, names)}


JOB = Job(
    name="silver.quality_counts",
    doc="Counts what was found of the records of each file, once they were all taken in",
    reads={
        "files": bronze.FILES,
        "addresses": Addresses(
            (
                bronze.RECORDS,
                bronze.QUARANTINE,
                *silver.TARGETS,
                *silver.DUPLICATES.values(),
                *silver.QUARANTINES.values(),
            ),
            beside=findings_of,
        ),
        "previous": Previous(quality.COUNTS),
    },
    writes=(quality.COUNTS,),
    transform=transform,
    mode=Append(stream=None),
    purpose=Purpose.OPERATION,
    params=QualityParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
