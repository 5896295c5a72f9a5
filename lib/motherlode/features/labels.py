"""Who churned: the outcome that a model learns to foresee."""

from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.features.customer_features import known_days


def churn_labels(days: DataFrame, as_of: date, horizon_days: int, active_days: int = 84) -> DataFrame:
    """`customer_id`, `churned`: whether a customer who was active bought nothing in the days after `as_of`.

    Who was active is asked of what was known at the end of `as_of`, as it is when scoring; what happened
    then, of all that is known now.

    Args:
        days: features.customer_days.
        horizon_days: the outcome is looked for in (as_of, as_of + horizon_days].
        active_days: a customer counts who had a basket in (as_of - active_days, as_of].
    """
    start, end = as_of - timedelta(days=active_days), as_of + timedelta(days=horizon_days)
    active = known_days(days, as_of).where((F.col("day") > F.lit(start)) & (F.col("orders") > 0))
    after = days.where((F.col("day") > F.lit(as_of)) & (F.col("day") <= F.lit(end)))
    later = after.groupBy("customer_id", "day").agg(F.sum("orders").alias("orders")).where("orders > 0")
    outcome = later.select("customer_id").distinct().withColumn("bought", F.lit(True))
    found = active.select("customer_id").distinct().join(outcome, on="customer_id", how="left")
    return found.select("customer_id", F.col("bought").isNull().alias("churned"))
