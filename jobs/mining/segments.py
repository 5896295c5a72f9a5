"""Each customer's segment and RFM scores, by the champion.

How it grows: one pass over the customers for the segments' means and the cuts of the scores, and one to write.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import features, mining
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.models import Champion
from motherlode.contracts.tables import Purpose
from motherlode.mining.rfm import rfm_scores
from motherlode.mining.segmenter import NEEDED
from motherlode.mining.segments import with_segments


def transform(champion: Champion, customers: DataFrame, as_of: date) -> Outputs:
    known = customers.where(F.col("as_of") == F.lit(as_of)).select("customer_id", *NEEDED)
    segments = with_segments(champion.model, rfm_scores(known)).select(
        F.lit(as_of).alias("as_of"),
        "customer_id",
        "segment_id",
        "segment",
        "recency_score",
        "frequency_score",
        "monetary_score",
        F.lit(champion.version).alias("model_version"),
    )
    return {mining.SEGMENTS.name: segments}


JOB = Job(
    name="mining.segments",
    doc="Puts each customer into a segment, named in words, and scores recency, frequency and money",
    reads={"champion": mining.SEGMENTER, "customers": features.CUSTOMER_FEATURES},
    writes=(mining.SEGMENTS,),
    transform=transform,
    mode=Snapshot(),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.segments", *sys.argv[1:]])
