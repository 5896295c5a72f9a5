"""What to recommend to each customer: first what they buy most, then new products by the recommender."""

import math
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from motherlode.features.catalogue import current, kind
from motherlode.mining.topk import best, candidates

_ROW = ("customer_no", "product_no", "kind_no", "score", "is_repeat")


@dataclass(frozen=True)
class RecommendationsParams:
    """What is recommended.

    Args:
        products: how many for each customer.
        exclude_bought: never recommend what the customer has bought before.
        max_repeats: greatest share of products that the customer has bought before.
        per_type: most products of one product type (and category) in a list; 0 for no limit.
        exclude_departments: of the catalogue, never recommended; whole names, in capitals or not.
        exclude_types: the same for types.
    """

    products: int = 10
    exclude_bought: bool = False
    max_repeats: float = 0.5
    per_type: int = 1
    exclude_departments: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.max_repeats <= 1:
            raise ValueError("max_repeats must be between 0 and 1")
        if self.products < 1:
            raise ValueError("products must be at least 1")
        if self.per_type < 0:
            raise ValueError("per_type must be 0 (no limit) or more")

    @property
    def repeats(self) -> int:
        """Most products that the customer has bought before."""
        return 0 if self.exclude_bought else math.floor(self.products * self.max_repeats)

    @property
    def per_kind(self) -> int:
        """Most products of one kind; without a limit `offered` makes each product its own kind."""
        return max(1, self.per_type)


def offered(products: DataFrame, catalogue: DataFrame, params: RecommendationsParams) -> DataFrame:
    """What may be recommended: product_id, product_no, kind_no (the smallest product_no of its type).

    What a catalogue lacks has no name to be offered by; who keeps none is offered everything. A product
    without a type is its own kind.

    Args:
        products: product_id, product_no.
        catalogue: silver.products, every version.
    """
    alone = products.select("product_id", "product_no", F.col("product_no").alias("kind_no"))
    if catalogue.isEmpty():
        return alone
    excluded = _named("department", params.exclude_departments) | _named("type", params.exclude_types)
    named = (
        current(catalogue).where(~excluded).select("product_id", kind(F.col("type"), F.col("category")).alias("kind"))
    )
    known = alone.join(named, on="product_id", how="inner")
    if params.per_type == 0:
        return known.drop("kind")
    one_kind = Window.partitionBy("kind", F.when(F.col("kind").isNull(), F.col("product_no")))
    return known.select("product_id", "product_no", F.min("product_no").over(one_kind).alias("kind_no"))


def _named(column: str, names: tuple[str, ...]) -> Column:
    is_named = F.lower(F.trim(column)).isin([F.lower(F.trim(F.lit(name))) for name in names])
    return F.coalesce(is_named, F.lit(False))


def recommend(customers: DataFrame, products: DataFrame, bought: DataFrame, params: RecommendationsParams) -> DataFrame:
    """customer_id, customer_no, rank, product_id, score, is_repeat.

    A list begins with what the customer bought most, at most `repeats` products; their score is the weight.
    The rest are products never bought, by the product of factors.

    Args:
        customers: customer_no, customer_id, factors, repeats (most products bought before). A list for each row,
            whose number is its own; a customer may ask twice.
        products: product_id, product_no, kind_no, factors: what may be offered; ranks are among these.
        bought: customer_id, product_id, weight (the more, the sooner again); one row for each pair.
    """
    known = (
        bought.join(products.select("product_id", "product_no", "kind_no"), on="product_id", how="inner")
        .join(customers.select("customer_id", "customer_no", "repeats"), on="customer_id", how="inner")
        .withColumnRenamed("weight", "score")
        .withColumn("is_repeat", F.lit(True))
    )
    again = best(known.select("repeats", *_ROW), F.col("repeats"), params.per_kind)
    baskets = known.groupBy("customer_no").agg(F.collect_list("product_no").alias("bought"))
    askers = customers.join(baskets, on="customer_no", how="left").select(
        "customer_no", "factors", F.coalesce("bought", F.array().cast("array<int>")).alias("bought")
    )
    # As many as a full list: each repeat takes the place of at most one of its kind.
    new = candidates(askers, products, params.products, params.per_kind).withColumn("is_repeat", F.lit(False))
    return (
        best(again.select(*_ROW).unionByName(new), params.products, params.per_kind)
        .join(customers.select("customer_id", "customer_no"), on="customer_no", how="inner")
        .join(products.select("product_id", "product_no"), on="product_no", how="inner")
        .select("customer_id", "customer_no", "rank", "product_id", "score", "is_repeat")
    )
