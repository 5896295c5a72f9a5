"""Scores of each source and day, held against the limits of conf/: a broken stop ends the run before later layers.

How it grows: with the files that were ever taken in, of which there are a few small rows each.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.checks.quality import QualityParams, judged
from motherlode.contracts import quality
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose


def transform(counts: DataFrame, params: QualityParams) -> dict[str, DataFrame]:
    return {quality.DATA_QUALITY.name: judged(counts, params)}


JOB = Job(
    name="silver.data_quality",
    doc="Scores each source and day by rule; ends the run where what came in last is below its limit",
    reads={"counts": quality.COUNTS},
    writes=(quality.DATA_QUALITY,),
    transform=transform,
    mode=Upsert(),
    purpose=Purpose.OPERATION,
    params=QualityParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
