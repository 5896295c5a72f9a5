"""The real baskets: who of the household shopped, and which of them were ordered online."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.draws import Draws
from motherlode.simulate.people import copies_of
from motherlode.simulate.rates import RATES

BASKET_STRIDE = 100_000_000_000
"""Copy k of a basket has its id + k * this (the real ids are below)."""
FUEL_QUANTITY = 1000
"""A quantity above this is fuel, sold by volume: never an online order."""


def baskets_of(real: DataFrame, people: DataFrame, scale: int, draws: Draws) -> DataFrame:
    """One row per basket: household_id, origin_id, copy, basket_id, store_id, at_ms, lines, person_no, is_online."""
    homes = people.where("person_no = 1").select("household_id", "two_adults")
    many = copies_of(real, scale).withColumn("basket_id", F.expr(f"basket_id + copy * {BASKET_STRIDE}L"))
    second = draws.chance_sql(RATES.second_shopper, "second-shopper", "basket_id")
    is_heavy = draws.chance_sql(RATES.heavy_households, "heavy-online", "household_id")
    online_share = f"(CASE WHEN {is_heavy} THEN {RATES.heavy_online!r}D ELSE {RATES.light_online!r}D END)"
    online = draws.chance_sql(online_share, "online", "basket_id")
    return many.join(homes, "household_id", "inner").selectExpr(
        "household_id",
        "origin_id",
        "copy",
        "basket_id",
        "store_id",
        "at_ms",
        "lines",
        f"CASE WHEN two_adults AND {second} THEN 2L ELSE 1L END AS person_no",
        f"NOT exists(lines, line -> line.quantity > {FUEL_QUANTITY}) AND {online} AS is_online",
    )


def order_id(basket_id: str) -> str:
    """SQL: the id of the online order that a basket became."""
    return f"(5000000000000L + {basket_id})"
