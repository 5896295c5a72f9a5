"""Online orders as Shopify's order JSON, a new version for each refund or cancellation."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.baskets import order_id
from motherlode.simulate.clock import DAY, HOUR, SECOND, iso_local_sql
from motherlode.simulate.draws import Draws, nth_of
from motherlode.simulate.names import BROWSERS
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records

TEST_OFFSET = 700_000_000_000_000
"""Added to the id of an order for the test order beside it."""
_REFUNDS = """array<struct<id: bigint, created_at: string,
    refund_line_items: array<struct<line_item_id: bigint, quantity: bigint, subtotal: double>>>>"""


def shop_records(baskets: DataFrame, people: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source shop: one per version of an order."""
    buyers = people.where("is_adult").select(
        "household_id", "person_no", "user_id", "partner_user_id", "email", "phone", "first_name", "last_name",
        "marketing", "ip", "number",
    )  # fmt: skip
    orders = baskets.where("is_online").join(buyers, ["household_id", "person_no"], "inner")
    delivered = within(deliver(_versions(orders, draws), "shop", draws), first_ms, until_ms)
    borrows = draws.chance_sql(RATES.borrowed_account, "borrow", "basket_id")
    has_phone = draws.chance_sql(0.7, "order-phone", "basket_id")
    changed = {
        "user_id": f"CASE WHEN partner_user_id IS NOT NULL AND {borrows} THEN partner_user_id ELSE user_id END",
        "phone": f"CASE WHEN {has_phone} THEN phone END",
    }
    kept = [name for name in delivered.columns if name not in changed]
    shown = delivered.selectExpr(*kept, *[f"{value} AS {name}" for name, value in changed.items()], _items())
    return as_records(shown, "'shop'", F.to_json(_order(draws)), "version = 'created'")


def _versions(orders: DataFrame, draws: Draws) -> DataFrame:
    drawn = orders.selectExpr(
        "*",
        f"at_ms div {SECOND}L * {SECOND}L AS created_ms",
        f"{draws.unit_sql('order-changes', 'basket_id')} AS _change",
        f"{draws.chance_sql(RATES.test_orders, 'test-order', 'basket_id')} AS _tests",
        f"{draws.between_sql(DAY // SECOND, 14 * DAY // SECOND, 'order-change', 'basket_id')} * {SECOND}L AS _later",
        f"{draws.between_sql(1, 30, 'cancel-hours', 'basket_id')} * {HOUR}L AS _soon",
    )
    refunds, cancels = RATES.refunds, RATES.refunds + RATES.cancelled
    versions = (
        ("true", "created", f"created_ms + {2 * SECOND}L"),
        (f"_change < {refunds!r}D", "refunded", "created_ms + _later"),
        (f"_change >= {refunds!r}D AND _change < {cancels!r}D", "cancelled", "created_ms + _soon"),
        ("_tests", "test", f"created_ms + {2 * SECOND}L"),
    )
    structs = ", ".join(
        f"CASE WHEN {when} THEN named_struct('version', '{name}', 'updated_ms', {at}) END"
        for when, name, at in versions
    )
    rows = drawn.selectExpr("*", f"explode(array_compact(array({structs}))) AS _version")
    offset = f"CASE WHEN _version.version = 'test' THEN {TEST_OFFSET}L ELSE 0L END"
    dropped = ("at_ms", "store_id", "origin_id", "copy", "is_online")
    rows = rows.selectExpr(
        *[name for name in orders.columns if name not in dropped],
        "created_ms",
        f"{order_id('basket_id')} + {offset} AS id",
        "_version.*",
        f"_version.updated_ms + {SECOND}L AS occurred_ms",
    )
    return rows.selectExpr("*", f"concat(CAST(id AS STRING), '@', {iso_local_sql('updated_ms')}) AS key")


def _items() -> str:
    """Order lines: price * quantity - total_discount is what was paid, to the cent."""
    units = "greatest(line.quantity, 1L)"
    full = "line.sales_value + line.retail_disc + line.coupon_match_disc"
    price = f"CAST(({full}) / {units} AS DECIMAL(12,2))"
    paid = "CAST(line.sales_value - line.coupon_disc AS DECIMAL(12,2))"
    return f"""transform(lines, line -> named_struct(
        'id', {order_id("basket_id")} * 1000L + line.line_no, 'product_id', line.product_id,
        'variant_id', line.product_id, 'sku', CAST(line.product_id AS STRING), 'quantity', line.quantity,
        'price', CAST({price} AS STRING),
        'total_discount', CAST(CAST({price} * {units} - {paid} AS DECIMAL(12,2)) AS STRING),
        'paid', {paid})) AS items"""


def _order(draws: Draws) -> Column:
    zero = "CAST(0 AS DECIMAL(12,2))"
    paid = f"CAST(aggregate(items, {zero}, (s, i) -> CAST(s + i.paid AS DECIMAL(12,2))) AS STRING)"
    discount = "CAST(i.total_discount AS DECIMAL(12,2))"
    discounts = f"CAST(aggregate(items, {zero}, (s, i) -> CAST(s + {discount} AS DECIMAL(12,2))) AS STRING)"
    updated, created = iso_local_sql("updated_ms"), iso_local_sql("created_ms")
    refund = f"""named_struct('id', id + 1L, 'created_at', {updated}, 'refund_line_items', array(named_struct(
        'line_item_id', items[0].id, 'quantity', items[0].quantity, 'subtotal', CAST(items[0].paid AS DOUBLE))))"""
    status = """CASE version WHEN 'refunded' THEN 'partially_refunded' WHEN 'cancelled' THEN 'voided'
        ELSE 'paid' END"""
    customer = """named_struct('id', user_id, 'email', email, 'phone', phone, 'first_name', first_name,
        'last_name', last_name, 'email_marketing_consent',
        named_struct('state', CASE WHEN marketing THEN 'subscribed' ELSE 'not_subscribed' END))"""
    fields = {
        "id": "id",
        "name": "concat('#', CAST(basket_id % 100000000 AS STRING))",
        "order_number": "basket_id % 100000000",
        "email": "email",
        "phone": "phone",
        "created_at": created,
        "processed_at": created,
        "updated_at": updated,
        "cancelled_at": f"CASE WHEN version = 'cancelled' THEN {updated} END",
        "currency": "'USD'",
        "total_price": paid,
        "subtotal_price": paid,
        "total_discounts": discounts,
        "total_tax": "'0.00'",
        "financial_status": status,
        "test": "version = 'test'",
        "browser_ip": "ip",
        "client_details": f"""named_struct('user_agent',
            {nth_of(BROWSERS, draws.below_sql(len(BROWSERS), "order-agent", "number"))})""",
        "landing_site": "'/'",
        "source_name": "'web'",
        "cart_token": draws.uuid_sql("cart", "basket_id"),
        "buyer_accepts_marketing": "marketing",
        "customer": customer,
        "line_items": """transform(items, i -> named_struct('id', i.id, 'product_id', i.product_id,
            'variant_id', i.variant_id, 'sku', i.sku, 'quantity', i.quantity, 'price', i.price,
            'total_discount', i.total_discount))""",
        "refunds": f"CASE WHEN version = 'refunded' THEN array({refund}) ELSE CAST(array() AS {_REFUNDS}) END",
    }
    return F.expr("named_struct(" + ", ".join(f"'{name}', {value}" for name, value in fields.items()) + ")")
