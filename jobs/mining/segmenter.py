"""Clusters of customers by recency, frequency, money and behaviour.

How it grows: one row for each customer; K-means passes over them as often as iterations times values of k, without
shuffling, and silhouettes take one pass each.
"""

import sys
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import features, mining
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.models import Fitted
from motherlode.contracts.tables import Purpose
from motherlode.mining.errors import require
from motherlode.mining.frames import compact
from motherlode.mining.rfm import SCORES, rfm_scores
from motherlode.mining.segmenter import (
    NEEDED,
    SegmenterParams,
    assembled,
    best_k,
    cluster,
    preparation,
    silhouette,
    split,
)


def transform(customers: DataFrame, as_of: date, params: SegmenterParams) -> Outputs:
    known = customers.where(F.col("as_of") == F.lit(as_of)).select("customer_id", *NEEDED)
    rows, count = compact(rfm_scores(known))
    require("mining.segmenter", count, params.min_customers, f"customers as of {as_of}")

    train, unseen = split(rows)
    prepared = preparation().fit(train)
    train, unseen = prepared.transform(train).persist(), prepared.transform(unseen).persist()
    k, quality = best_k(train, unseen, params)
    # The rival cuts customers by the sum of their RFM scores, 3 to 15, into k tiers.
    tiers = unseen.withColumn("tier", F.floor((reduce(Column.__add__, map(F.col, SCORES)) - 3) * k / 13).cast("int"))
    baseline = {"silhouette": silhouette(tiers, "tier")}

    prepared = preparation().fit(rows)
    scaled = prepared.transform(rows).persist()
    clusters = cluster(scaled, k, params)
    sizes = sorted(clusters.summary.clusterSizes)
    fitted = Fitted(
        model=assembled(prepared, clusters),
        example=known.drop("customer_id").limit(5),
        metrics={
            "silhouette": quality,
            "k": float(k),
            "smallest_segment_share": sizes[0] / count,
            "largest_segment_share": sizes[-1] / count,
        },
        parameters={"k_min": params.k_min, "k_max": params.k_max, "k": k, "seed": params.seed},
        baseline=baseline,
    )
    return {mining.SEGMENTER.name: fitted}


JOB = Job(
    name="mining.segmenter",
    doc="Finds segments of customers; the number of segments is chosen by silhouette on unseen customers",
    reads={"customers": features.CUSTOMER_FEATURES},
    writes=(mining.SEGMENTER,),
    transform=transform,
    mode=Snapshot(),
    purpose=Purpose.ANALYTICS,
    params=SegmenterParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.segmenter", *sys.argv[1:]])
