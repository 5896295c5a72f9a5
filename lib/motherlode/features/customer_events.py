"""Events with the customer whose they are."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.features.business_day import business_day, known_on
from motherlode.identity.attribution import with_customer


def customer_events(events: DataFrame, customer_map: DataFrame, zone: str) -> DataFrame:
    """The columns of features.customer_events: one row for each event of a known customer.

    Args:
        events: silver.events.
        customer_map: identity.customer_map.
    """
    return (
        with_customer(events, customer_map)
        .where("customer_id is not null")
        .select(
            "row_id",
            "customer_id",
            "identifier",
            "occurred_at",
            business_day("occurred_at", zone).alias("day"),
            known_on(zone, "occurred_at", "known_at", "known_from").alias("known_on"),
            "type",
            "channel",
            "product_id",
            "order_id",
            "campaign_id",
            F.col("is_bot"),
        )
    )
