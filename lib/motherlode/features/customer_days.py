"""Mergeable facts of a customer's day."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.features.sessions import CHANNELS

KEY = ("customer_id", "day", "known_on")
COUNTS = (
    "sessions",
    "views",
    "carts",
    "searches",
    "emails_sent",
    "emails_opened",
    "emails_clicked",
    "orders",
    "online_orders",
    "items",
)
MONEY = ("discount", "net")
FACTS = (*COUNTS, *MONEY)


def customer_days(customer_events: DataFrame, sessions: DataFrame, basket_changes: DataFrame) -> DataFrame:
    """The columns of features.customer_days: sums for each customer, day and day on which it became known.

    A day that is known in parts has several rows; what was taken back later (a cancelled order) is negative
    in the row of the day on which that became known.
    """
    visited = F.col("channel").isin(*CHANNELS) & ~F.col("is_bot")
    person = ~F.col("is_bot")
    events = customer_events.select(
        *KEY,
        _count("views", visited & (F.col("type") == "product_viewed")),
        _count("carts", visited & (F.col("type") == "product_added")),
        _count("searches", visited & (F.col("type") == "searched")),
        _count("emails_sent", F.col("type") == "email_delivered"),
        _count("emails_opened", person & (F.col("type") == "email_opened")),
        _count("emails_clicked", person & (F.col("type") == "email_clicked")),
    )
    visits = sessions.select(*KEY, F.lit(1).cast("long").alias("sessions"))
    bought = basket_changes.select(*KEY, "orders", "online_orders", F.col("lines").alias("items"), *MONEY)
    every = events.unionByName(visits, allowMissingColumns=True).unionByName(bought, allowMissingColumns=True)
    sums = [F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in FACTS]
    return every.groupBy(*KEY).agg(*sums).where(any_fact())


def any_fact() -> str:
    """A condition: something happened."""
    return " or ".join(f"{name} <> 0" for name in FACTS)


def _count(name: str, when: Column) -> Column:
    return when.cast("long").alias(name)
