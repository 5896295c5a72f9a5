"""What to recommend to each customer: the best products, new ones and known ones mixed."""

import math
from dataclasses import dataclass

from pyspark.ml.recommendation import ALSModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.mining.recommender import customer_factors, product_factors
from motherlode.mining.topk import best_products


@dataclass(frozen=True)
class RecommendationsParams:
    """What is recommended.

    Args:
        products: how many for each customer.
        exclude_bought: never recommend what the customer has bought before.
        max_repeats: greatest share of products that the customer has bought before.
    """

    products: int = 10
    exclude_bought: bool = False
    max_repeats: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.max_repeats <= 1:
            raise ValueError("max_repeats must be between 0 and 1")

    @property
    def repeats(self) -> int:
        """Most products that the customer has bought before."""
        return 0 if self.exclude_bought else math.floor(self.products * self.max_repeats)


def recommend(
    model: ALSModel, customers: DataFrame, products: DataFrame, bought: DataFrame, params: RecommendationsParams
) -> DataFrame:
    """customer_id, rank, product_id, score, is_repeat.

    Args:
        customers: customer_id, customer_no.
        products: product_id, product_no: what may be offered; ranks are among these.
        bought: customer_id, product_id; distinct.
    """
    basket = (
        bought.join(products, on="product_id", how="inner")
        .groupBy("customer_id")
        .agg(F.collect_list("product_no").alias("bought"))
    )
    none = F.array().cast("array<int>")
    askers = (
        customers.join(customer_factors(model), on="customer_no", how="inner")
        .join(basket, on="customer_id", how="left")
        .select("customer_no", "factors", F.coalesce("bought", none).alias("bought"))
    )
    offered = product_factors(model).join(products.select("product_no"), on="product_no", how="left_semi")
    return (
        best_products(askers, offered, params.products, params.repeats)
        .join(customers, on="customer_no", how="inner")
        .join(products, on="product_no", how="inner")
        .select("customer_id", "rank", "product_id", "score", "is_repeat")
    )
