"""Clusters planted in the features are found; silhouettes are scikit-learn's."""

import numpy as np
import pytest
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import silhouette_score

from motherlode.mining.segmenter import SegmenterParams, best_k, preparation, silhouette, split


def blobs(spark: SparkSession) -> tuple[DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    labels = np.repeat([0, 1, 2], 40)
    points = np.array([[0, 0], [6, 0], [0, 6]])[labels] + rng.normal(size=(120, 2))
    rows = [(f"c{n}", int(labels[n]), points[n].tolist()) for n in range(120)]
    frame = spark.createDataFrame(rows, "customer_id string, label int, point array<double>")
    return frame.withColumn("scaled", array_to_vector(F.col("point"))).persist(), points, labels


def test_silhouette_is_that_of_scikit_learn(spark: SparkSession) -> None:
    frame, points, labels = blobs(spark)
    expected = silhouette_score(points, labels, metric="sqeuclidean")
    assert silhouette(frame, "label") == pytest.approx(expected, abs=1e-9)
    assert silhouette(frame.withColumn("label", F.lit(1)), "label") == -1.0


def test_the_planted_number_of_clusters_is_chosen(spark: SparkSession) -> None:
    train, unseen = split(blobs(spark)[0])
    assert train.join(unseen, on="customer_id", how="inner").count() == 0
    k, quality = best_k(train, unseen, SegmenterParams(k_min=2, k_max=4))
    assert k == 3
    assert quality > 0.8


def test_unknown_is_a_value_of_its_own(spark: SparkSession) -> None:
    rows = [
        ("buyer", 3, 50, 4, 80.0, 20.0, 0.5, 0.1, 2, None),
        ("browser", None, 50, 0, 0.0, None, None, None, 1, None),
    ]
    schema = (
        "customer_id string, recency_days long, tenure_days long, orders long, net double, net_per_order double,"
        " online_share double, discount_share double, sessions_28d long, email_open_rate double"
    )
    frame = spark.createDataFrame(rows, schema)
    found = {row.customer_id: row for row in preparation().fit(frame).transform(frame).collect()}
    logs = np.log1p([3, 4, 80.0, 20.0, 2])
    assert found["buyer"].measures.toArray() == pytest.approx([*logs[:4], 0.5, 0.1, logs[4], 0, 1])
    assert found["browser"].measures.toArray() == pytest.approx([np.log1p(50), 0, 0, 0, 0, 0, np.log1p(1), 0, 0])
    # Two customers are one deviation apart either way, and a measure without spread says nothing.
    assert found["buyer"].scaled.toArray() == pytest.approx(-found["browser"].scaled.toArray())
    assert found["buyer"].scaled[7] == 0
