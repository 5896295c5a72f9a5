"""How good ranked lists are, against what came after (Järvelin and Kekäläinen 2002 for nDCG)."""

from dataclasses import dataclass
from itertools import accumulate
from math import log2

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Judged:
    """Sums over the lists of all customers: of hits, of recalls, of nDCGs; and how many products stand in any."""

    hits: int = 0
    recall: float = 0.0
    ndcg: float = 0.0
    products: int = 0

    def precision(self, k: int, customers: int) -> dict[str, float]:
        """Share of the k places that were wanted; nothing of no customers."""
        return {f"precision_at_{k}": self.hits / (k * customers)} if customers else {}

    def means(self, k: int, customers: int, products: int) -> dict[str, float]:
        """Means over so many customers, who wanted something: precision@k; recall@k, the share of the wanted that
        was listed; nDCG@k, gain 1 / log2(rank + 1) of the hits over the best possible; and coverage, the share of
        so many products that stands in any list.
        """
        if not customers:
            return {}
        return {
            **self.precision(k, customers),
            f"recall_at_{k}": self.recall / customers,
            f"ndcg_at_{k}": self.ndcg / customers,
            "coverage": self.products / max(products, 1),
        }


def judge(lists: DataFrame, wanted: DataFrame, k: int) -> dict[str, Judged]:
    """The first k of each customer's lists, by the name of the list; all in one pass.

    Args:
        lists: list (its name), customer_id, product_id, rank (from 1).
        wanted: customer_id, products (the array of those wanted, distinct); coverage alone counts other customers.
    """
    gain = 1 / F.log2(F.col("rank") + 1)
    best = F.array(*[F.lit(total) for total in accumulate(1 / log2(rank + 1) for rank in range(1, k + 1))])
    rows = (
        lists.where(F.col("rank") <= k)
        .join(wanted, on="customer_id", how="left")
        .withColumn("hit", F.coalesce(F.array_contains("products", F.col("product_id")), F.lit(False)))
    )
    found = rows.groupBy("list").agg(
        F.count_if("hit").alias("hits"),
        F.sum(F.when(F.col("hit"), 1 / F.size("products")).otherwise(0.0)).alias("recall"),
        F.sum(
            F.when(F.col("hit"), gain / F.element_at(best, F.least(F.size("products"), F.lit(k)))).otherwise(0.0)
        ).alias("ndcg"),
        F.count_distinct("product_id").alias("products"),
    )
    return {str(row["list"]): Judged(row.hits, row.recall, row.ndcg, row.products) for row in found.collect()}
