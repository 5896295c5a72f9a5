"""How likely each customer is to buy nothing within the horizon, on the newest day.

How it grows: one row for each customer who bought lately, copied.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import mining, serving
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.tables import Purpose


def transform(scores: DataFrame, as_of: date) -> Outputs:
    newest = scores.where(F.col("as_of") == F.lit(as_of)).select(*serving.CHURN_SCORES.columns)
    return {serving.CHURN_SCORES.name: newest}


JOB = Job(
    name="serving.churn_scores",
    doc="How likely each customer is to buy nothing within the horizon",
    reads={"scores": mining.CHURN_SCORES},
    writes=(serving.CHURN_SCORES,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["serving.churn_scores", *sys.argv[1:]])
