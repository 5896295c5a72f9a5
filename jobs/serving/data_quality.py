"""How good each source's records of a day are, by rule and in all.

How it grows: a few small rows for each source and day, copied.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import quality, serving
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.tables import Purpose


def transform(scores: DataFrame) -> Outputs:
    return {serving.DATA_QUALITY.name: scores.select(*serving.DATA_QUALITY.columns)}


JOB = Job(
    name="serving.data_quality",
    doc="How good each source's records of a day are, by rule and in all",
    reads={"scores": quality.DATA_QUALITY},
    writes=(serving.DATA_QUALITY,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["serving.data_quality", *sys.argv[1:]])
