"""Metrics of two classes against scikit-learn's."""

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from motherlode.mining.binary_metrics import BINS, counts, probability_metrics, ranking_metrics

RNG = np.random.default_rng(5)
TRUTH = RNG.random(400) < 0.2
# On the grid of bins, with many ties, so that binning loses nothing.
SCORES = np.round(np.clip(RNG.normal(0.3 + 0.2 * TRUTH, 0.15), 0, 1) * 50) * (BINS // 50) / (BINS - 1)


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> object:
    pairs = [(float(score), int(truth)) for score, truth in zip(SCORES, TRUTH, strict=True)]
    return spark.createDataFrame(pairs, "score double, truth int").persist()


def test_ranking_metrics_are_those_of_scikit_learn(rows) -> None:  # type: ignore[no-untyped-def]
    found = ranking_metrics(counts(rows, F.col("score"), "truth"))
    assert found["auc"] == pytest.approx(roc_auc_score(TRUTH, SCORES), abs=1e-12)
    assert found["average_precision"] == pytest.approx(average_precision_score(TRUTH, SCORES), abs=1e-12)


def test_probability_metrics_are_those_of_scikit_learn(rows) -> None:  # type: ignore[no-untyped-def]
    found = probability_metrics(rows, F.col("score"), "truth")
    assert found["brier"] == pytest.approx(brier_score_loss(TRUTH, SCORES))
    assert found["log_loss"] == pytest.approx(log_loss(TRUTH, SCORES))


def test_lift_of_a_tie_across_the_cut_counts_in_part(spark: SparkSession) -> None:
    # The top tenth of 20 is 2 cases: one certain positive, and a fifth of the five tied at 0.5, one positive.
    cases = [(0.9, 1)] + [(0.5, 1)] + [(0.5, 0)] * 4 + [(0.1, 0)] * 14
    found = counts(spark.createDataFrame(cases, "score double, truth int"), F.col("score"), "truth")
    assert ranking_metrics(found)["lift_top_decile"] == pytest.approx((1 + 1 / 5) / 2 / (2 / 20))
