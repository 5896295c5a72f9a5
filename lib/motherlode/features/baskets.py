"""Baskets: what was bought together, by whom, and how each order's state changed as it became known."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from motherlode.columns.versions import is_state
from motherlode.contracts.silver import DELIVERED
from motherlode.features.business_day import business_day, known_on
from motherlode.features.catalogue import current, kind
from motherlode.identity.attribution import with_customer

NOT_BOUGHT = ("cancelled", "voided")
STORE = "store"
NOBODY = "order"
"""The type of identifier that names the order itself, where nobody was seen."""
AMOUNTS = ("quantity", "discount", "net")
FACTS = ("orders", "online_orders", "lines", *AMOUNTS)
WHOSE = ("order_id", "customer_id", "identifier", "occurred_at", "day", "known_from")


@dataclass(frozen=True)
class Baskets:
    """The tables features.baskets, basket_items and basket_changes."""

    baskets: DataFrame
    items: DataFrame
    changes: DataFrame


def baskets(
    orders: DataFrame, order_lines: DataFrame, products: DataFrame, customer_map: DataFrame, zone: str
) -> Baskets:
    """What was bought.

    An order of somebody without a customer in the map (consent withheld) is left out; one where nobody was
    seen stays. An order's lines are those with its own identifier: an older version that stood under another one counts
    for nobody. So what comes out for an identifier depends on that identifier's rows alone.

    Args:
        orders: silver.orders, the current states.
        order_lines: silver.order_lines, every version.
        products: silver.products, every version.
    """
    owned = with_customer(orders, customer_map).withColumn("day", business_day("occurred_at", zone))
    own_lines = order_lines.select(
        "order_id",
        "identifier",
        "version_at",
        "line_no",
        *DELIVERED,
        "product_id",
        _is_bought().alias("is_bought"),
        F.exists("identifiers", _names_nobody).alias("is_anonymous"),
        *AMOUNTS,
    )
    about = owned.select(
        *WHOSE,
        (F.col("channel") != STORE).alias("is_online"),
        F.col("version_at").alias("current_at"),
        _is_bought().alias("counts"),
    )
    lines = about.join(own_lines, on=["order_id", "identifier"], how="inner")
    # The map lacks who withheld consent: their orders are not those of nobody.
    lines = lines.where("customer_id is not null or is_anonymous").persist()
    counted = lines.where("counts").withColumn("is_current", is_state("order_id"))
    return Baskets(
        baskets=_baskets(owned.where(_is_bought()), counted, products, zone),
        items=_items(counted, zone),
        changes=_changes(lines.where("customer_id is not null"), zone),
    )


def _baskets(owned: DataFrame, counted: DataFrame, products: DataFrame, zone: str) -> DataFrame:
    first = counted.groupBy("order_id").agg(F.min("known_at").alias("known_at"))
    bought = counted.where("is_current and product_id is not null").select("order_id", "product_id").distinct()
    named = _with_type(bought, products)
    types = named.groupBy("order_id").agg(F.array_sort(F.collect_set("type")).alias("product_types"))
    found = owned.join(first, on="order_id", how="inner").join(types, on="order_id", how="left")
    return found.select(
        "order_id",
        "customer_id",
        "identifier",
        "occurred_at",
        "day",
        known_on(zone, "occurred_at", "known_at", "known_from").alias("known_on"),
        "channel",
        "store_id",
        "lines",
        *AMOUNTS,
        F.coalesce("product_types", F.array().cast("array<string>")).alias("product_types"),
    )


def _with_type(bought: DataFrame, products: DataFrame) -> DataFrame:
    """Adds `type`. What a catalogue lacks is left out: its bare number would tell nobody anything.

    A product without a type stands for itself; without a catalogue each does.
    """
    if products.isEmpty():
        return bought.withColumn("type", F.col("product_id"))
    own = F.coalesce(kind(F.col("type"), F.col("category")), "product_id").alias("type")
    return bought.join(current(products).select("product_id", own), on="product_id", how="inner")


def _items(counted: DataFrame, zone: str) -> DataFrame:
    """Products of current states, each known since the first version that had it."""
    sums = [F.sum(F.when(F.col("is_current"), F.col(name))).alias(name) for name in ("quantity", "net")]
    found = (
        counted.where("product_id is not null")
        .groupBy(*WHOSE, "product_id")
        .agg(F.min("known_at").alias("known_at"), F.max("is_current").alias("is_current"), *sums)
    )
    return found.where("is_current").select(
        "order_id",
        "product_id",
        "customer_id",
        "identifier",
        "day",
        known_on(zone, "occurred_at", "known_at", "known_from").alias("known_on"),
        "quantity",
        "net",
    )


def _changes(lines: DataFrame, zone: str) -> DataFrame:
    """For each day on which lines of an order became known, the difference that they made to its state.

    The sum over the days up to some day is the order's state as it was known then: what silver.orders
    would have said of the lines that were known.
    """
    arrived = business_day("known_at", zone)
    days = F.collect_set(arrived).over(Window.partitionBy("order_id"))
    by_day = lines.withColumn("days", days).withColumn("as_known", F.explode("days"))
    by_day = by_day.where(arrived <= F.col("as_known"))
    state = by_day.withColumn("is_state", is_state("order_id", "as_known")).where("is_state")
    measures = {
        "orders": F.lit(1).cast("long"),
        "online_orders": F.max("is_online").cast("long"),
        "lines": F.count("product_id"),
        # As in silver.orders, what is no product has no units.
        "quantity": F.coalesce(F.sum(F.when(F.col("product_id").isNotNull(), F.col("quantity"))), F.lit(0.0)),
        **{name: F.sum(name) for name in ("discount", "net")},
    }
    # A line says of its whole version whether it is a test or cancelled: one is enough.
    counts = F.min("is_bought")
    states = state.groupBy(*WHOSE, "as_known").agg(
        *[F.when(counts, value).otherwise(F.lit(0)).alias(name) for name, value in measures.items()]
    )
    in_turn = Window.partitionBy("order_id").orderBy("as_known")
    before = {name: F.coalesce(F.lag(name).over(in_turn), F.lit(0)) for name in FACTS}
    day = F.greatest("as_known", known_on(zone, "occurred_at", "known_from"))
    changed = states.select(
        *WHOSE, day.alias("known_on"), *[(F.col(name) - before[name]).alias(name) for name in FACTS]
    )
    summed = changed.groupBy("order_id", "customer_id", "identifier", "day", "known_on").agg(
        *[F.sum(name).alias(name) for name in FACTS]
    )
    return summed.where(" or ".join(f"{name} <> 0" for name in FACTS))


def _names_nobody(seen: Column) -> Column:
    return (seen["type"] == NOBODY) & (seen["id"] == F.col("identifier"))


def _is_bought() -> Column:
    return ~F.col("is_test") & ~F.col("status").isin(*NOT_BOUGHT)
