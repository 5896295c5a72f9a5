"""Shopify's order JSON: each delivery is a version of the whole order.

https://shopify.dev/docs/api/admin-rest/latest/resources/order
"""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, problem, required, scalar
from motherlode.columns.identifiers import FALLBACK, cleaned
from motherlode.columns.structure import structure
from motherlode.columns.times import instant
from motherlode.contracts import silver
from motherlode.contracts.fields import MONEY
from motherlode.contracts.tables import Table
from motherlode.sources.parsed import Identifier, Parsed, read_json, shaped
from motherlode.sources.source import Source

ITEM = """struct<id string, product_id string, sku string, quantity string, price string, total_discount string,
    discount_allocations array<struct<amount string>>>"""
REFUND = "struct<line_item_id string, quantity string, subtotal string>"
SCHEMA = f"""
    id string, email string, phone string, created_at string, processed_at string, updated_at string,
    cancelled_at string, currency string, total_discounts string, financial_status string, test string,
    customer struct<id string, email string, phone string, first_name string, last_name string>,
    line_items array<{ITEM}>,
    refunds array<struct<refund_line_items array<{REFUND}>>>
"""


def parse(records: DataFrame, source: Source, target: Table = silver.ORDER_LINES) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is id and updated_at, the newest being the order's state."""
    r = F.col("r")
    customer = r["customer"]
    placed = F.coalesce(cleaned(r["processed_at"]), cleaned(r["created_at"]))
    frame = read_json(records, SCHEMA).withColumns(
        {
            "_order_id": cleaned(r["id"]),
            "_occurred_at": instant(placed, source.zone, source.time_formats),
            "_version_at": instant(r["updated_at"], source.zone, source.time_formats),
        }
    )
    order_id, occurred_at, version_at = F.col("_order_id"), F.col("_occurred_at"), F.col("_version_at")
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=structure(order_id, r["updated_at"]),
            content=F.to_json(r),
            problem=first_problem(
                F.col("problem"),
                required(order_id, "id"),
                scalar(order_id, "id"),
                plausible_time(placed, occurred_at, "created_at"),
                plausible_time(r["updated_at"], version_at, "updated_at"),
                _number_problem(r),
            ),
            occurred_at=occurred_at,
            known_at=version_at,
            identifiers=(
                Identifier("user_id", customer["id"]),
                Identifier("email", r["email"]),
                Identifier("email", customer["email"]),
                Identifier("phone", r["phone"]),
                Identifier("phone", customer["phone"]),
                Identifier(FALLBACK, order_id),
            ),
            contacts={
                "email": cleaned(F.coalesce(customer["email"], r["email"])),
                "phone": cleaned(F.coalesce(customer["phone"], r["phone"])),
                "name": cleaned(F.concat_ws(" ", customer["first_name"], customer["last_name"])),
            },
            flags={"no_lines": F.coalesce(F.size(r["line_items"]), F.lit(0)) < 1},
            fields={
                "order_id": F.concat(F.lit(f"{source.name}:"), order_id),
                "version_at": version_at,
                "channel": F.lit(source.channel),
                "status": F.when(r["cancelled_at"].isNotNull(), "cancelled").otherwise(
                    F.coalesce(cleaned(r["financial_status"]), F.lit("placed"))
                ),
                "currency": F.upper(cleaned(r["currency"])),
                "is_test": F.coalesce(r["test"].try_cast("boolean"), F.lit(False)),
                "lines": _lines(r),
            },
        ),
    )


def _nothing() -> Column:
    return F.lit(0).cast(MONEY)


def _money(text: Column) -> Column:
    return F.coalesce(text.try_cast(MONEY), _nothing())


def _number_problem(r: Column) -> Column:
    """A line whose price or quantity is absent or no number cannot be summed."""

    def unread(name: str, kind: str) -> Column:
        bad = F.filter(r["line_items"], lambda line: line[name].try_cast(kind).isNull())
        path = f"line_items.{name}"
        return F.when(F.size(bad) > 0, problem("readable", path, F.get(bad, 0)[name], "a number"))

    return first_problem(unread("price", "decimal(18,4)"), unread("quantity", "double"))


def _lines(r: Column) -> Column:
    """The order's lines after refunds; one without a product for an order that has none.

    A line's discount is what the shop allocated to it; where it allocates nothing, the line's own and its
    share, by amount, of what was taken off the order as a whole.
    """
    items = F.coalesce(r["line_items"], F.array().cast(f"array<{ITEM}>"))
    zero = F.lit(0).cast("decimal(38,6)")

    def amount(item: Column) -> Column:
        return F.coalesce(item["price"].try_cast(MONEY) * item["quantity"].try_cast("decimal(18,3)"), zero)

    def total(of: Column, value: Callable[[Column], Column]) -> Column:
        return F.aggregate(of, zero, lambda s, x: (s + value(x)).cast("decimal(38,6)"))

    def allocated(item: Column) -> Column:
        return F.coalesce(
            F.when(
                F.size(item["discount_allocations"]) > 0,
                total(item["discount_allocations"], lambda a: _money(a["amount"])),
            ),
            zero,
        )

    gross = total(items, amount)
    own = total(items, lambda item: F.greatest(_money(item["total_discount"]), allocated(item)))
    rest = F.greatest(_money(r["total_discounts"]) - own, zero)
    refunds = F.coalesce(F.flatten(r["refunds"]["refund_line_items"]), F.array().cast(f"array<{REFUND}>"))

    def line(item: Column, index: Column) -> Column:
        taken_off = F.greatest(_money(item["total_discount"]), allocated(item))
        share = F.when(gross > 0, (rest * (amount(item) / gross)).cast(MONEY)).otherwise(_nothing())
        discount = (taken_off + share).cast(MONEY)
        back = F.filter(refunds, lambda refund: refund["line_item_id"] == item["id"])
        units = F.aggregate(back, F.lit(0.0), lambda s, x: s + F.coalesce(x["quantity"].try_cast("double"), F.lit(0.0)))
        refunded = total(back, lambda x: _money(x["subtotal"]))
        return F.struct(
            F.coalesce(item["id"], index.cast("string")).alias("line_no"),
            F.coalesce(cleaned(item["product_id"]), cleaned(item["sku"])).alias("product_id"),
            (item["quantity"].try_cast("double") - units).alias("quantity"),
            amount(item).cast(MONEY).alias("gross"),
            discount.alias("discount"),
            (amount(item) - discount - refunded).cast(MONEY).alias("net"),
        )

    none = F.struct(
        F.lit("0").alias("line_no"),
        F.lit(None).cast("string").alias("product_id"),
        F.lit(0.0).alias("quantity"),
        *[_nothing().alias(name) for name in ("gross", "discount", "net")],
    )
    return F.when(F.size(items) > 0, F.transform(items, line)).otherwise(F.array(none))
