"""What a customer did with a product on a day."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

KEY = ("customer_id", "product_id", "day", "known_on")
FACTS = ("views", "carts", "purchases", "quantity", "net")


def interactions(customer_events: DataFrame, basket_items: DataFrame) -> DataFrame:
    """The columns of features.interactions; bots and baskets of nobody left out."""
    looked = customer_events.where(
        "product_id is not null and not is_bot and type in ('product_viewed', 'product_added')"
    ).select(
        *KEY,
        (F.col("type") == "product_viewed").cast("long").alias("views"),
        (F.col("type") == "product_added").cast("long").alias("carts"),
    )
    bought = basket_items.where("customer_id is not null").select(
        *KEY, F.lit(1).cast("long").alias("purchases"), "quantity", "net"
    )
    every = looked.unionByName(bought, allowMissingColumns=True)
    sums = [F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in FACTS]
    return every.groupBy(*KEY).agg(*sums)
