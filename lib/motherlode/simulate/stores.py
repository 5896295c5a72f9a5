"""Sales at the tills: one row per purchase line."""

from pyspark.sql import DataFrame

from motherlode.simulate.clock import iso_local_sql
from motherlode.simulate.draws import Draws
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.people import loyalty_card, person_number
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records, csv_line


def store_records(baskets: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source store_sales."""
    shows_card = draws.chance_sql(RATES.loyalty_card, "shows-card", "basket_id")
    card = loyalty_card(person_number("person_no"), draws)
    lines = baskets.where("NOT is_online").selectExpr(
        "basket_id",
        "at_ms AS occurred_ms",
        "store_id",
        f"{draws.below_sql(12, 'till', 'basket_id')} + 1 AS till",
        f"CASE WHEN {shows_card} THEN {card} END AS loyalty_card",
        "explode(lines) AS line",
    )
    lines = lines.selectExpr(
        "*", "concat(CAST(basket_id AS STRING), '/', lpad(CAST(line.line_no AS STRING), 3, '0')) AS key"
    )
    delivered = within(deliver(lines, "store_sales", draws, late_by="basket_id"), first_ms, until_ms)
    amounts = ("sales_value", "retail_disc", "coupon_disc", "coupon_match_disc")
    text = csv_line(
        "basket_id", "line.line_no", iso_local_sql("occurred_ms"), "store_id", "till", "loyalty_card",
        "line.product_id", "line.quantity", *[f"line.{name}" for name in amounts],
    )  # fmt: skip
    return as_records(delivered, "'store_sales'", text, "line.line_no = 1")
