"""Whose a record is: by its identifier, and where that is shared by its time."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window


def with_customer(records: DataFrame, customer_map: DataFrame) -> DataFrame:
    """`records`, each once, with `customer_id` and `known_from`: both null where nobody is known.

    A range join over every interval of an identifier would compare all events of a kiosk with all its
    logins. So intervals are laid out by the UTC days that they touch, and joined on identifier and day.

    Args:
        records: have `identifier` and `occurred_at`.
        customer_map: identity.customer_map.

    Raises:
        On execution, if the map gives an identifier two customers at one time.
    """
    always = at_most_one_per(customer_map.where("not is_shared"), "identifier").select(
        F.col("identifier").alias("own_identifier"),
        F.col("customer_id").alias("own_customer"),
        F.col("known_from").alias("own_known_from"),
    )
    turns = disjoint(customer_map.where("is_shared")).select(
        F.col("identifier").alias("shared_identifier"),
        F.explode(_days_touched()).alias("shared_on"),
        "valid_from",
        "valid_to",
        F.col("customer_id").alias("shared_customer"),
        F.col("known_from").alias("shared_known_from"),
    )
    at = F.col("occurred_at")
    in_turn = (
        (F.col("identifier") == F.col("shared_identifier"))
        & (F.to_date(at) == F.col("shared_on"))
        & (at >= F.col("valid_from"))
        & (at < F.col("valid_to"))
    )
    found = records.join(always, on=F.col("identifier") == F.col("own_identifier"), how="left")
    found = found.join(turns, on=in_turn, how="left")
    return found.select(
        *[records[name] for name in records.columns],
        F.coalesce("own_customer", "shared_customer").alias("customer_id"),
        F.coalesce("own_known_from", "shared_known_from").alias("known_from"),
    )


def at_most_one_per(table: DataFrame, key: str) -> DataFrame:
    """`table` as it is; fails on execution if two rows have the same key."""
    rows = F.count("*").over(Window.partitionBy(key))
    return _checked(table, rows == 1, f"{key} is there twice where it must be unique")


def disjoint(turns: DataFrame) -> DataFrame:
    """`turns` as they are; fails on execution if two of one identifier overlap."""
    in_turn = Window.partitionBy("identifier").orderBy("valid_from", "valid_to")
    ends_before = F.lag("valid_to").over(in_turn) <= F.col("valid_from")
    holds = F.coalesce(ends_before, F.lit(True))
    return _checked(turns, holds, "an identifier has two customers at one time")


def _checked(table: DataFrame, holds: Column, message: str) -> DataFrame:
    checked = F.when(holds, F.lit(True)).otherwise(F.raise_error(F.lit(message)).cast("boolean"))
    return table.withColumn("checked", checked).where("checked").drop("checked")


def _days_touched() -> Column:
    last = F.col("valid_to") - F.expr("INTERVAL 1 MICROSECOND")
    return F.sequence(F.to_date("valid_from"), F.to_date(last))
