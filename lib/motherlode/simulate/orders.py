"""Online orders as Shopify's order JSON, a new version for each refund or cancellation."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.baskets import order_id
from motherlode.simulate.clock import DAY, HOUR, SECOND, iso_local
from motherlode.simulate.draws import Draws
from motherlode.simulate.names import BROWSERS
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records

TEST_OFFSET = 700_000_000_000_000
"""Added to the id of an order for the test order beside it."""
_MONEY = "decimal(12,2)"


def shop_records(baskets: DataFrame, people: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source shop: one per version of an order."""
    buyers = people.where("is_adult").select(
        "household_id", "person_no", "user_id", "partner_user_id", "email", "phone", "first_name", "last_name",
        "marketing", "ip", "number",
    )  # fmt: skip
    orders = baskets.where("is_online").join(buyers, ["household_id", "person_no"], "inner")
    versions = _versions(orders, draws)
    delivered = within(deliver(versions, "shop", draws), first_ms, until_ms)
    borrows = F.col("partner_user_id").isNotNull() & draws.chance(RATES.borrowed_account, "borrow", "basket_id")
    has_phone = draws.chance(0.7, "order-phone", "basket_id")
    shown = (
        delivered.withColumn("user_id", F.when(borrows, F.col("partner_user_id")).otherwise(F.col("user_id")))
        .withColumn("phone", F.when(has_phone, F.col("phone")))
        .withColumn("items", _items())
    )
    is_first = (F.col("version") == "created") & (F.col("kind") == 0)
    return as_records(shown, F.lit("shop"), F.to_json(_order(draws)), is_first)


def _versions(orders: DataFrame, draws: Draws) -> DataFrame:
    basket = F.col("basket_id")
    at = F.floor(F.col("at_ms") / F.lit(SECOND)) * SECOND
    later = at + draws.between(DAY, 14 * DAY, "order-change", basket)
    later = F.floor(later / F.lit(SECOND)) * SECOND
    change = draws.unit("order-changes", basket)
    versions = F.array_compact(
        F.array(
            _version("created", at + 2 * SECOND),
            F.when(change < RATES.refunds, _version("refunded", later)),
            F.when(
                (change >= RATES.refunds) & (change < RATES.refunds + RATES.cancelled),
                _version("cancelled", at + draws.between(1, 30, "cancel-hours", basket) * HOUR),
            ),
            F.when(draws.chance(RATES.test_orders, "test-order", basket), _version("test", at + 2 * SECOND)),
        )
    )
    rows = orders.withColumn("_version", F.explode(versions))
    offset = F.when(F.col("_version.version") == "test", F.lit(TEST_OFFSET)).otherwise(F.lit(0).cast("long"))
    rows = rows.select(
        *[c for c in orders.columns if c not in ("at_ms", "store_id", "origin_id", "is_online")],
        at.alias("created_ms"),
        (order_id(basket) + offset).alias("id"),
        "_version.version",
        F.col("_version.updated_ms").alias("updated_ms"),
        (F.col("_version.updated_ms") + SECOND).alias("occurred_ms"),
    )
    key = F.concat(F.col("id").cast("string"), F.lit("@"), iso_local(F.col("updated_ms")))
    return rows.withColumn("key", key)


def _version(name: str, updated: Column) -> Column:
    return F.struct(F.lit(name).alias("version"), updated.alias("updated_ms"))


def _items() -> Column:
    """Order lines: price * quantity - total_discount is what was paid, to the cent."""

    def item(line: Column) -> Column:
        units = F.greatest(line["quantity"], F.lit(1))
        full = line["sales_value"] + line["retail_disc"] + line["coupon_match_disc"]
        price = (full / units).cast(_MONEY)
        paid = line["sales_value"] - line["coupon_disc"]
        return F.struct(
            (order_id(F.col("basket_id")) * 1000 + line["line_no"]).alias("id"),
            line["product_id"].alias("product_id"),
            line["product_id"].alias("variant_id"),
            line["product_id"].cast("string").alias("sku"),
            line["quantity"].alias("quantity"),
            price.cast("string").alias("price"),
            (price * units - paid).cast(_MONEY).cast("string").alias("total_discount"),
            paid.cast(_MONEY).alias("paid"),
        )

    return F.transform("lines", item)


def _order(draws: Draws) -> Column:
    items = F.col("items")
    paid = F.aggregate(items, F.lit(0).cast(_MONEY), lambda s, i: (s + i["paid"]).cast(_MONEY))
    discount = F.aggregate(
        items, F.lit(0).cast(_MONEY), lambda s, i: (s + i["total_discount"].cast(_MONEY)).cast(_MONEY)
    )
    updated, created = iso_local(F.col("updated_ms")), iso_local(F.col("created_ms"))
    version = F.col("version")
    first = F.element_at(items, 1)
    refund = F.struct(
        (F.col("id") + 1).alias("id"),
        updated.alias("created_at"),
        F.array(
            F.struct(
                first["id"].alias("line_item_id"),
                first["quantity"].alias("quantity"),
                first["paid"].cast("double").alias("subtotal"),
            )
        ).alias("refund_line_items"),
    )
    number = F.pmod(F.col("basket_id"), F.lit(100_000_000))
    status = F.when(version == "refunded", "partially_refunded").when(version == "cancelled", "voided").otherwise("paid")
    consent = F.when(F.col("marketing"), "subscribed").otherwise("not_subscribed")
    return F.struct(
        "id",
        F.concat(F.lit("#"), number.cast("string")).alias("name"),
        number.alias("order_number"),
        "email",
        "phone",
        created.alias("created_at"),
        created.alias("processed_at"),
        updated.alias("updated_at"),
        F.when(version == "cancelled", updated).alias("cancelled_at"),
        F.lit("USD").alias("currency"),
        paid.cast("string").alias("total_price"),
        paid.cast("string").alias("subtotal_price"),
        discount.cast("string").alias("total_discounts"),
        F.lit("0.00").alias("total_tax"),
        status.alias("financial_status"),
        (version == "test").alias("test"),
        F.col("ip").alias("browser_ip"),
        F.struct(draws.one_of(BROWSERS, "order-agent", "number").alias("user_agent")).alias("client_details"),
        F.lit("/").alias("landing_site"),
        F.lit("web").alias("source_name"),
        draws.uuid("cart", "basket_id").alias("cart_token"),
        F.col("marketing").alias("buyer_accepts_marketing"),
        F.struct(
            F.col("user_id").alias("id"),
            "email",
            "phone",
            "first_name",
            "last_name",
            F.struct(consent.alias("state")).alias("email_marketing_consent"),
        ).alias("customer"),
        F.transform(items, lambda i: i.dropFields("paid")).alias("line_items"),
        F.when(version == "refunded", F.array(refund)).otherwise(F.array().cast(_refunds_type())).alias("refunds"),
    )


def _refunds_type() -> str:
    return (
        "array<struct<id: bigint, created_at: string, refund_line_items: "
        "array<struct<line_item_id: bigint, quantity: bigint, subtotal: double>>>>"
    )
