"""Sales at the tills: one row per purchase line."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import iso_local
from motherlode.simulate.draws import Draws
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.people import loyalty_card, person_number
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records, csv_line

_AMOUNTS = ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")


def store_records(baskets: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source store_sales."""
    basket = F.col("basket_id")
    number = person_number(F.col("person_no"))
    shows_card = draws.chance(RATES.loyalty_card, "shows-card", "basket_id")
    copy = F.floor((F.col("household_id") - F.col("origin_id")) / 10_000)
    lines = (
        baskets.where("NOT is_online")
        .withColumn("copy", copy)
        .select(
            "basket_id",
            F.col("at_ms").alias("occurred_ms"),
            "store_id",
            (draws.below(12, "till", "basket_id") + 1).alias("till"),
            F.when(shows_card, loyalty_card(number, draws)).alias("loyalty_card"),
            F.explode("lines").alias("line"),
        )
    )
    lines = lines.select(
        "*",
        F.concat(basket.cast("string"), F.lit("/"), F.lpad(F.col("line.line_no").cast("string"), 3, "0")).alias("key"),
    )
    delivered = within(deliver(lines, "store_sales", draws, late_by="basket_id"), first_ms, until_ms)
    text = csv_line(
        "basket_id",
        "line.line_no",
        iso_local(F.col("occurred_ms")),
        "store_id",
        "till",
        "loyalty_card",
        "line.product_id",
        "line.quantity",
        *[f"line.{name}" for name in _AMOUNTS],
    )
    is_first = (F.col("line.line_no") == 1) & (F.col("kind") == 0)
    return as_records(delivered, F.lit("store_sales"), text, is_first)
