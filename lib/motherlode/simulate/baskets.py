"""The real baskets: who of the household shopped, and which of them were ordered online."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.draws import Draws
from motherlode.simulate.people import copies_of
from motherlode.simulate.rates import RATES

BASKET_STRIDE = 100_000_000_000
"""Copy k of a basket has its id + k * this (the real ids are below)."""
FUEL_QUANTITY = 1000
"""A quantity above this is fuel, sold by volume: never an online order."""


def baskets_of(real: DataFrame, people: DataFrame, scale: int, draws: Draws) -> DataFrame:
    """One row per basket: household_id, origin_id, basket_id, store_id, at_ms, lines, person_no, is_online."""
    homes = people.where("person_no = 1").select("household_id", "two_adults")
    many = copies_of(real, scale).withColumn("basket_id", F.col("basket_id") + F.col("copy") * BASKET_STRIDE)
    second = F.col("two_adults") & draws.chance(RATES.second_shopper, "second-shopper", "basket_id")
    has_fuel = F.exists("lines", lambda line: line["quantity"] > FUEL_QUANTITY)
    is_heavy = draws.chance(RATES.heavy_households, "heavy-online", "household_id")
    online_share = F.when(is_heavy, RATES.heavy_online).otherwise(RATES.light_online)
    return many.join(homes, "household_id", "inner").select(
        "household_id",
        "origin_id",
        "basket_id",
        "store_id",
        "at_ms",
        "lines",
        F.when(second, 2).otherwise(1).cast("long").alias("person_no"),
        (~has_fuel & draws.chance(online_share, "online", "basket_id")).alias("is_online"),
    )


def order_id(basket_id: Column) -> Column:
    """The id of the online order that a basket became."""
    return F.lit(5_000_000_000_000) + basket_id
