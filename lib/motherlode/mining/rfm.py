"""Recency, frequency, money: each customer's fifth among those who ever bought (Hughes 1994)."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

SCORES = ("recency_score", "frequency_score", "monetary_score")
_FIFTHS = [0.2, 0.4, 0.6, 0.8]


def rfm_scores(features: DataFrame) -> DataFrame:
    """`features` with recency_score, frequency_score and monetary_score: 1 (low) to 5; 1 without a basket.

    The cuts are approximate quantiles over the buyers, one small row; equal values get equal scores.
    """
    measures = {
        "recency_score": -F.col("recency_days"),
        "frequency_score": F.col("orders"),
        "monetary_score": F.col("net"),
    }
    cuts = features.where(F.col("orders") > 0).agg(
        *[F.percentile_approx(measure, _FIFTHS, 10_000).alias(f"{name}_cuts") for name, measure in measures.items()]
    )
    scored = features.crossJoin(F.broadcast(cuts))
    columns = [_fifth(measure, f"{name}_cuts").alias(name) for name, measure in measures.items()]
    return scored.select(*[F.col(name) for name in features.columns], *columns)


def _fifth(measure: Column, cuts: str) -> Column:
    above = F.size(F.filter(cuts, lambda cut: cut < measure)) + 1
    return F.when((F.col("orders") > 0) & F.col(cuts).isNotNull(), above).otherwise(1).cast("int")
