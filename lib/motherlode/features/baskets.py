"""Baskets: what was bought together, by whom, and how each order's state changed as it became known."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from motherlode.features.business_day import business_day, known_on
from motherlode.identity.attribution import with_customer

CANCELLED = ("cancelled",)
STORE = "store"
AMOUNTS = ("quantity", "discount", "net")
FACTS = ("orders", "online_orders", "lines", *AMOUNTS)


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

    An order's lines are those with its own identifier: an older version that stood under another one counts
    for nobody. So what comes out for an identifier depends on that identifier's rows alone.

    Args:
        orders: silver.orders, the current states.
        order_lines: silver.order_lines, every version.
        products: silver.products, every version.
    """
    owned = with_customer(orders, customer_map).select(
        "order_id",
        "identifier",
        "customer_id",
        "known_from",
        "occurred_at",
        F.col("version_at").alias("current_at"),
        F.col("channel").alias("order_channel"),
        "store_id",
        F.col("lines").alias("order_lines"),
        *[F.col(name).alias(f"order_{name}") for name in AMOUNTS],
        (~F.col("is_test") & ~F.col("status").isin(*CANCELLED)).alias("counts"),
        business_day("occurred_at", zone).alias("day"),
    )
    lines = order_lines.select(
        "order_id", "identifier", "version_at", "known_at", "status", "is_test", "product_id", *AMOUNTS
    )
    known = owned.join(lines, on=["order_id", "identifier"], how="inner").persist()
    current = known.where("counts and version_at = current_at")
    return Baskets(
        baskets=_baskets(known, current, products, zone),
        items=_items(current, zone),
        changes=_changes(known.where("customer_id is not null"), zone),
    )


def current_types(products: DataFrame) -> DataFrame:
    """`product_id`, `type`: the newest version of each product; of two at one time the greater row id."""
    newest = F.max(F.struct("known_at", "row_id", "type"))["type"].alias("type")
    return products.groupBy("product_id").agg(newest).where("type is not null")


def _baskets(known: DataFrame, current: DataFrame, products: DataFrame, zone: str) -> DataFrame:
    facts = (
        "order_id",
        "customer_id",
        "identifier",
        "occurred_at",
        "day",
        "known_from",
        "order_channel",
        "store_id",
        "order_lines",
        *[f"order_{name}" for name in AMOUNTS],
    )
    counted = known.where("counts").groupBy(*facts).agg(F.min("known_at").alias("first_known_at"))
    bought = current.where("product_id is not null").select("order_id", "product_id").distinct()
    types = (
        bought.join(current_types(products), on="product_id", how="inner")
        .groupBy("order_id")
        .agg(F.array_sort(F.collect_set("type")).alias("product_types"))
    )
    return counted.join(types, on="order_id", how="left").select(
        "order_id",
        "customer_id",
        "identifier",
        "occurred_at",
        "day",
        known_on(zone, "occurred_at", "first_known_at", "known_from").alias("known_on"),
        F.col("order_channel").alias("channel"),
        "store_id",
        F.col("order_lines").alias("lines"),
        *[F.col(f"order_{name}").alias(name) for name in AMOUNTS],
        F.coalesce("product_types", F.array().cast("array<string>")).alias("product_types"),
    )


def _items(current: DataFrame, zone: str) -> DataFrame:
    return (
        current.where("product_id is not null")
        .groupBy("order_id", "product_id", "customer_id", "identifier", "day", "occurred_at", "known_from")
        .agg(
            F.max("known_at").alias("known_at"),
            F.sum("quantity").alias("quantity"),
            F.sum("net").alias("net"),
        )
        .select(
            "order_id",
            "product_id",
            "customer_id",
            "identifier",
            "day",
            known_on(zone, "occurred_at", "known_at", "known_from").alias("known_on"),
            "quantity",
            "net",
        )
    )


def _changes(known: DataFrame, zone: str) -> DataFrame:
    """One row for each version that changed what was known of an order: the difference to the one before.

    The sum over those known on a day is the order's state as it was known then.
    """
    order = ("order_id", "customer_id", "identifier", "day", "occurred_at", "known_from", "order_channel")
    versions = known.groupBy(*order, "version_at").agg(
        F.max("known_at").alias("known_at"),
        (~F.max("is_test") & ~F.max(F.col("status").isin(*CANCELLED))).alias("counts"),
        F.count("product_id").alias("all_lines"),
        *[F.sum(name).alias(f"all_{name}") for name in AMOUNTS],
    )
    newer = Window.partitionBy("order_id").orderBy("version_at").rowsBetween(1, Window.unboundedFollowing)
    newer_known_at = F.min("known_at").over(newer)
    # A version that arrived after a newer one never was the known state.
    stood = versions.withColumn("newer_known_at", newer_known_at).where(
        "newer_known_at is null or known_at < newer_known_at"
    )
    states = {
        "orders": F.lit(1).cast("long"),
        "online_orders": F.when(F.col("order_channel") == STORE, 0).otherwise(1).cast("long"),
        "lines": F.col("all_lines"),
        **{name: F.col(f"all_{name}") for name in AMOUNTS},
    }
    stated = stood.withColumns({name: _if_it_counts(value) for name, value in states.items()})
    in_turn = Window.partitionBy("order_id").orderBy("version_at")
    differences = {name: F.col(name) - F.coalesce(F.lag(name).over(in_turn), F.lit(0)) for name in FACTS}
    changed = stated.select(
        "order_id",
        "version_at",
        "customer_id",
        "identifier",
        "day",
        known_on(zone, "occurred_at", "known_at", "known_from").alias("known_on"),
        *[difference.alias(name) for name, difference in differences.items()],
    )
    return changed.where(" or ".join(f"{name} <> 0" for name in FACTS))


def _if_it_counts(value: Column) -> Column:
    return F.when(F.col("counts"), value).otherwise(F.lit(0))
