"""How good ranked lists are, against what came after (Järvelin and Kekäläinen 2002 for nDCG)."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def judge(lists: DataFrame, wanted: DataFrame, k: int, products: int) -> dict[str, float]:
    """Means over the customers in `wanted`.

    precision@k: share of the k places that were wanted; recall@k: share of the wanted that were listed;
    nDCG@k: gain 1 / log2(rank + 1) of the hits over the best possible; coverage: share of products
    that stand in any list.

    Args:
        lists: customer_id, product_id, rank (from 1).
        wanted: customer_id, product_id; distinct.
        products: how many there are to choose from.
    """
    listed = lists.where(F.col("rank") <= k)
    counts = wanted.groupBy("customer_id").agg(F.count(F.lit(1)).alias("wanted"))
    hits = (
        listed.join(wanted, on=["customer_id", "product_id"], how="inner")
        .groupBy("customer_id")
        .agg(F.count(F.lit(1)).alias("hits"), F.sum(1 / F.log2(F.col("rank") + 1)).alias("gain"))
    )
    places = F.sequence(F.lit(1), F.least("wanted", F.lit(k)).cast("int"))
    best = F.aggregate(places, F.lit(0.0), lambda total, rank: total + 1 / F.log2(rank + 1))
    means = (
        counts.join(hits, on="customer_id", how="left")
        .fillna(0, ["hits", "gain"])
        .select("hits", "wanted", (F.col("gain") / best).alias("ndcg"))
        .agg(
            F.avg(F.col("hits") / k).alias("precision"),
            F.avg(F.col("hits") / F.col("wanted")).alias("recall"),
            F.avg("ndcg").alias("ndcg"),
        )
        .first()
    )
    spread = listed.agg(F.count_distinct("product_id").alias("products")).first()
    if means is None or means.precision is None or spread is None:
        return {}
    return {
        f"precision_at_{k}": means.precision,
        f"recall_at_{k}": means.recall,
        f"ndcg_at_{k}": means.ndcg,
        "coverage": spread.products / max(products, 1),
    }
