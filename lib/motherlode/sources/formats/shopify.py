"""Shopify's order JSON: each delivery is a version of the whole order."""

from collections.abc import Callable
from functools import reduce
from operator import itemgetter

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_amount, plausible_time, problem, required, scalar
from motherlode.columns.identifiers import FALLBACK, cleaned
from motherlode.columns.numbers import decimal, real
from motherlode.columns.structure import structure
from motherlode.columns.times import instant
from motherlode.contracts import silver
from motherlode.contracts.fields import MONEY
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import Parsed, identifiers_in, product_of, read_json, shaped
from motherlode.sources.paths import type_at
from motherlode.sources.source import Source

FIELDS = (
    "id", "email", "phone", "created_at", "processed_at", "updated_at", "cancelled_at", "currency",
    "taxes_included", "total_tax", "total_discounts", "financial_status", "test", "cart_token", "checkout_token",
    "customer.id", "customer.email", "customer.phone", "customer.first_name", "customer.last_name",
    "line_items[].id", "line_items[].product_id", "line_items[].sku", "line_items[].quantity", "line_items[].price",
    "line_items[].total_discount", "line_items[].discount_allocations[].amount",
    "line_items[].tax_lines[].price",
    "refunds[].refund_line_items[].line_item_id", "refunds[].refund_line_items[].quantity",
    "refunds[].refund_line_items[].subtotal", "refunds[].refund_line_items[].total_tax",
)  # fmt: skip
IDENTIFIERS = {
    "user_id": ("customer.id",),
    "email": ("email", "customer.email"),
    "phone": ("phone", "customer.phone"),
    "cart": ("cart_token", "checkout_token"),
    FALLBACK: ("id",),
}


def parse(records: DataFrame, source: Source, target: Table = silver.ORDER_LINES) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is id and updated_at, the newest being the order's state."""
    r = F.col("r")
    customer = r["customer"]
    placed = F.coalesce(cleaned(r["processed_at"]), cleaned(r["created_at"]))
    items = F.coalesce(r["line_items"], F.array().cast(type_at(FIELDS, "line_items")))
    frame = read_json(records, FORMAT.schema).withColumns(
        {
            "_order_id": cleaned(r["id"]),
            "_occurred_at": instant(placed, source.zone, source.time_formats),
            "_version_at": instant(r["updated_at"], source.zone, source.time_formats),
            "_refunds": _refunds(r),
            "_priced": F.transform(items, lambda item, index: _priced(item, index, source)),
        }
    )
    # Columns, because Spark works out anew for each line what is written inside of a function over lines.
    sums = {name: _total(F.col("_priced"), itemgetter(name)) for name in ("gross", "taken_off", "taxed")}
    frame = frame.withColumns({f"_{name}": total for name, total in sums.items()})
    frame = frame.withColumn("_rest", F.greatest(_money(r["total_discounts"]) - F.col("_taken_off"), _zero()))
    frame = frame.withColumns(
        {
            "_tax_rest": F.greatest(_money(r["total_tax"]) - F.col("_taxed"), _zero()),
            "_says_tax": (F.col("_taxed") > 0) | cleaned(r["total_tax"]).isNotNull(),
            "_taxes_included": F.coalesce(r["taxes_included"].try_cast("boolean"), F.lit(False)),
        }
    )
    frame = frame.withColumn("_lines", _lines())
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
                _amount_problem(),
            ),
            occurred_at=occurred_at,
            known_at=version_at,
            identifiers=identifiers_in(r, IDENTIFIERS),
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
                "lines": F.col("_lines"),
            },
        ),
    )


def _refunds(r: Column) -> Column:
    """The lines of all refunds in one list."""
    each = F.coalesce(r["refunds"], F.array().cast(type_at(FIELDS, "refunds")))
    return F.flatten(F.array_compact(each["refund_line_items"]))


def _nothing() -> Column:
    return F.lit(0).cast(MONEY)


def _money(text: Column) -> Column:
    return F.coalesce(decimal(text, MONEY), _nothing())


def _zero() -> Column:
    return F.lit(0).cast("decimal(38,6)")


def _total(of: Column, value: Callable[[Column], Column]) -> Column:
    return F.aggregate(of, _zero(), lambda s, x: F.try_add(s, value(x)).try_cast("decimal(38,6)"))


def _priced(item: Column, index: Column, source: Source) -> Column:
    """A line with its amount, and what the shop took off it alone."""
    amount = decimal(item["price"], MONEY) * decimal(item["quantity"], "decimal(18,3)")
    allocations = item["discount_allocations"]
    allocated = F.when(F.size(allocations) > 0, _total(allocations, lambda a: _money(a["amount"])))
    return F.struct(
        item["id"].alias("id"),
        F.coalesce(item["id"], index.cast("string")).alias("line_no"),
        product_of(item, source).alias("product_id"),
        real(item["quantity"]).alias("quantity"),
        F.coalesce(amount, _zero()).alias("gross"),
        F.greatest(_money(item["total_discount"]), F.coalesce(allocated, _zero())).alias("taken_off"),
        F.coalesce(_total(item["tax_lines"], lambda tax: _money(tax["price"])), _zero()).alias("taxed"),
    )


def _number_problem(r: Column) -> Column:
    """A line whose price or quantity is absent or no number cannot be summed."""

    def unread(name: str, read: Callable[[Column], Column]) -> Column:
        bad = F.filter(r["line_items"], lambda line: read(line[name]).isNull())
        path = f"line_items.{name}"
        return F.when(F.size(bad) > 0, problem("readable", path, F.get(bad, 0)[name], "a number"))

    return first_problem(unread("price", lambda text: decimal(text, MONEY)), unread("quantity", real))


def _amount_problem() -> Column:
    """An amount of a line that could not be worked out, or that no sum should hold."""
    amounts = [F.col("_lines")[name] for name in ("gross", "discount", "net")]
    unknown = reduce(Column.__or__, [F.array_size(F.array_compact(of)) < F.size("_lines") for of in amounts])
    greatest = F.greatest(*[F.greatest(F.array_max(of), -F.array_min(of)) for of in amounts])
    return plausible_amount(F.when(~unknown, greatest), "line_items.price")


def _lines() -> Column:
    """The order's lines after refunds; one without a product for an order that has none.

    A line's discount is what the shop allocated to it; where it allocates nothing, the line's own and its
    share, by amount, of what was taken off the order as a whole. So it is with its tax, which is in the amounts, and
    taken out of net, where the shop's prices include it. Shipping and its tax belong to no line.
    """
    gross, rest = F.col("_gross"), F.col("_rest")
    by_line = F.col("_taxed") > 0

    def line(item: Column) -> Column:
        part = F.try_multiply(rest, F.try_divide(item["gross"], gross)).try_cast(MONEY)
        discount = F.try_add(item["taken_off"], F.when(gross > 0, part).otherwise(_nothing())).try_cast(MONEY)
        back = F.filter("_refunds", lambda refund: refund["line_item_id"] == item["id"])
        units = F.aggregate(back, F.lit(0.0), lambda s, x: s + F.coalesce(real(x["quantity"]), F.lit(0.0)))
        refunded = _total(back, lambda x: _money(x["subtotal"]))
        share = F.try_multiply(F.col("_tax_rest"), F.try_divide(item["gross"], gross)).try_cast(MONEY)
        taxed = F.when(by_line, item["taxed"]).when(gross > 0, share).otherwise(_nothing())
        tax = F.try_subtract(taxed, _total(back, lambda x: _money(x["total_tax"]))).try_cast(MONEY)
        paid = F.try_subtract(F.try_subtract(item["gross"], discount), refunded)
        within = F.when(F.col("_taxes_included"), tax).otherwise(_nothing())
        return F.struct(
            item["line_no"].alias("line_no"),
            item["product_id"].alias("product_id"),
            (item["quantity"] - units).alias("quantity"),
            item["gross"].try_cast(MONEY).alias("gross"),
            discount.alias("discount"),
            F.try_subtract(paid, within).try_cast(MONEY).alias("net"),
            F.when(F.col("_says_tax"), tax).alias("tax"),
        )

    none = F.struct(
        F.lit("0").alias("line_no"),
        F.lit(None).cast("string").alias("product_id"),
        F.lit(0.0).alias("quantity"),
        *[_nothing().alias(name) for name in ("gross", "discount", "net")],
        F.lit(None).cast(MONEY).alias("tax"),
    )
    return F.when(F.size("_priced") > 0, F.transform("_priced", line)).otherwise(F.array(none))


FORMAT = Format(
    name="shopify",
    doc="Shopify's order JSON, one an object, line, or array: each delivery is a version of the whole order",
    url="https://shopify.dev/docs/api/admin-rest/latest/resources/order",
    splitter="json_arrays",
    parse=parse,
    targets=(silver.ORDER_LINES,),
    fields=FIELDS,
    key=("id", "updated_at"),
    identifiers=IDENTIFIERS,
    unread=(
        "name", "order_number", "total_price", "subtotal_price", "shipping_lines", "browser_ip", "client_details",
        "landing_site", "referring_site", "source_name", "buyer_accepts_marketing", "discount_codes", "customer",
        "line_items[]", "refunds[]",
    ),
    has_contacts=True,
    marks=("id", "created_at", "updated_at", "line_items"),
)  # fmt: skip
