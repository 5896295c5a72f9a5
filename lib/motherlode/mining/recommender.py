"""Implicit-feedback matrix factorisation (Hu, Koren, Volinsky 2008) over what customers did with products."""

from dataclasses import dataclass, field
from datetime import date

from pyspark.ml.recommendation import ALS, ALSModel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.mining.recommendations import RecommendationsParams


@dataclass(frozen=True)
class RecommenderParams:
    """What counts as a preference, and how it is factorised.

    Args:
        view_weight: of a product viewed.
        cart_weight: of a product added to the cart.
        purchase_weight: of a basket that held the product.
        half_life_days: after which an interaction counts half.
        rank: length of a factor.
        reg: regularisation.
        alpha: confidence that a unit of preference adds.
        iterations: of alternating least squares.
        blocks: blocks of customers, and of products, to compute in parallel.
        seed: of the first factors.
        holdout_days: the last days, by whose purchases the model is judged.
        min_customers: least customers to train on, and to judge on.
        served: which lists are made of it; such lists are judged too.
    """

    view_weight: float = 0.2
    cart_weight: float = 0.5
    purchase_weight: float = 1.0
    half_life_days: float = 90.0
    rank: int = 16
    reg: float = 0.1
    alpha: float = 2.0
    iterations: int = 6
    blocks: int = 4
    seed: int = 17
    holdout_days: int = 28
    min_customers: int = 50
    served: RecommendationsParams = field(default_factory=RecommendationsParams)

    def __post_init__(self) -> None:
        if self.half_life_days <= 0:
            raise ValueError("half_life_days must be more than 0")


def preferences(interactions: DataFrame, day: date, params: RecommenderParams) -> DataFrame:
    """How much each customer seems to want each product at the end of `day`.

    The weights of interactions, halved every half_life_days, are summed.

    Returns:
        customer_id, product_id, weight (positive), bought (whether ever).
    """
    weight = (
        F.col("views") * params.view_weight
        + F.col("carts") * params.cart_weight
        + F.col("purchases") * params.purchase_weight
    )
    return (
        interactions.groupBy("customer_id", "product_id")
        .agg(
            F.sum(weight * _fading(day, params)).alias("weight"),
            (F.sum("purchases") > 0).alias("bought"),
        )
        .where(F.col("weight") > 0)
    )


def purchases(interactions: DataFrame, day: date, params: RecommenderParams) -> DataFrame:
    """How often each customer bought each product up to the end of `day`, halved every half_life_days.

    Returns:
        customer_id, product_id, weight.
    """
    return (
        interactions.where(F.col("purchases") > 0)
        .groupBy("customer_id", "product_id")
        .agg(F.sum(F.col("purchases") * _fading(day, params)).alias("weight"))
    )


def _fading(day: date, params: RecommenderParams) -> Column:
    return F.pow(F.lit(0.5), F.datediff(F.lit(day), F.col("day")) / params.half_life_days)


def factorise(numbered_preferences: DataFrame, params: RecommenderParams) -> ALSModel:
    """Fit ALS to customer_no, product_no, weight."""
    return ALS(
        userCol="customer_no",
        itemCol="product_no",
        ratingCol="weight",
        implicitPrefs=True,
        rank=params.rank,
        regParam=params.reg,
        alpha=params.alpha,
        maxIter=params.iterations,
        numUserBlocks=params.blocks,
        numItemBlocks=params.blocks,
        seed=params.seed,
    ).fit(numbered_preferences)
