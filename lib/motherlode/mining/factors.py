"""What ALS learnt of each customer and product."""

from pyspark.ml.recommendation import ALSModel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


def customer_factors(model: ALSModel) -> DataFrame:
    """customer_no, factors."""
    return _factors(model.userFactors, F.col("id").alias("customer_no"))


def product_factors(model: ALSModel) -> DataFrame:
    """product_no, factors."""
    return _factors(model.itemFactors, F.col("id").alias("product_no"))


def _factors(factors: DataFrame, number: Column) -> DataFrame:
    return factors.select(number, F.col("features").alias("factors"))
