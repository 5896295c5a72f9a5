"""Sessions: visits on web and app."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

CHANNELS = ("web", "app")


@dataclass(frozen=True)
class SessionParams:
    """What ends a visit."""

    gap_minutes: int = 30
    """A longer time without an event ends a session."""

    def __post_init__(self) -> None:
        if self.gap_minutes < 1:
            raise ValueError(f"gap_minutes must be at least 1, found {self.gap_minutes}")


def sessions(customer_events: DataFrame, params: SessionParams) -> DataFrame:
    """The columns of features.sessions. A session belongs to the day on which it began.

    It is known from the day on which its first known event was, so that an event which arrives late adds to
    it without making it unknown before.
    """
    visits = customer_events.where(F.col("channel").isin(*CHANNELS) & ~F.col("is_bot"))
    in_turn = Window.partitionBy("customer_id", "channel").orderBy("occurred_at", "row_id")
    micros = F.unix_micros("occurred_at")
    gap = micros - F.lag(micros).over(in_turn)
    starts = (gap.isNull() | (gap > params.gap_minutes * 60_000_000)).cast("int")
    numbered = visits.withColumn("starts", starts).withColumn("number", F.sum("starts").over(in_turn))
    first = F.min(F.struct("occurred_at", "row_id", "day"))
    return (
        numbered.groupBy("customer_id", "channel", "number")
        .agg(
            first.alias("first"),
            F.min("known_on").alias("known_on"),
            F.max("occurred_at").alias("ended_at"),
            F.count("*").alias("events"),
            F.count_if(F.col("type") == "product_viewed").alias("views"),
            F.count_if(F.col("type") == "product_added").alias("carts"),
            F.count_if(F.col("type") == "searched").alias("searches"),
            F.count_if(F.col("type") == "order_completed").alias("orders"),
        )
        .select(
            F.sha2(F.to_json(F.struct("customer_id", "channel", "first.row_id")), 256).alias("session_id"),
            "customer_id",
            "channel",
            F.col("first.day").alias("day"),
            "known_on",
            F.col("first.occurred_at").alias("started_at"),
            "ended_at",
            "events",
            "views",
            "carts",
            "searches",
            "orders",
        )
    )
