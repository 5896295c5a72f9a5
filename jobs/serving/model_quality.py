"""How good each champion is, beside its simplest rival.

How it grows: a dozen rows for each model.
"""

import sys

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import mining, serving
from motherlode.contracts.jobs import Job, Outputs, Scorecard, Snapshot
from motherlode.contracts.tables import Purpose


def transform(scorecard: DataFrame) -> Outputs:
    quality = scorecard.select(
        "model", "metric", "value", "baseline", F.to_date("trained_as_of").alias("trained_as_of"), "model_version"
    )
    return {serving.MODEL_QUALITY.name: quality}


JOB = Job(
    name="serving.model_quality",
    doc="How good each champion is on data that it has not seen",
    reads={"scorecard": Scorecard(mining.MODELS)},
    writes=(serving.MODEL_QUALITY,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["serving.model_quality", *sys.argv[1:]])
