"""The one shape of every record on its way into a file."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

IDENTIFIERS = ("cookie", "device", "user_id", "email", "phone", "loyalty_card", "crm_id")
"""The identifier types that a record can show; null where it does not."""
ORIGINAL, REPEAT, BROKEN = 0, 1, 2
GLUED = "glued"
"""Broken: delivered twice on one line. Of arrays, which e-mail events come in, both can be read: two repeats."""
EXTENSIONS = {"web": "jsonl", "app": "jsonl", "shop": "jsonl", "email": "json"}
JSON_SOURCES = tuple(EXTENSIONS)
HEADERS = {
    "store_sales": "transaction_id,line_no,sold_at,store_id,till,loyalty_card,product_id,quantity,sales_value,"
    "retail_disc,coupon_disc,coupon_match_disc",
    "crm_customers": "crm_id,household_id,first_name,last_name,email,phone,loyalty_card,birth_date,street,city,"
    "postcode,updated_at",
    "consents": "crm_id,email,purpose,granted,decided_at",
    "surveys": "response_id,email,loyalty_card,answered_at,question,answer",
    "products": "product_id,manufacturer_id,department,brand,product_category,product_type,package_size",
    "campaigns": "campaign_id,campaign_type,start_date,end_date",
    "campaign_targets": "campaign_id,household_id",
    "coupons": "coupon_upc,product_id,campaign_id",
    "redemptions": "household_id,coupon_upc,campaign_id,redemption_date",
    "demographics": "household_id,age,income,home_ownership,marital_status,household_size,household_comp,kids_count",
}
NOISY_SOURCES = (*JSON_SOURCES, "store_sales", "crm_customers", "consents", "surveys")
"""Where repeats, late and broken records happen; the other sources are the real tables as they are."""
SOURCES = (*JSON_SOURCES, *HEADERS)


def as_records(table: DataFrame, source: str, text: Column, head: str = "false") -> DataFrame:
    """Rows with: source, day and at_ms (delivery), key (unique among originals of the source), kind (0 original,
    1 repeat, 2 broken), late, head (a purchase starts here), text, planted (an e-mail address in free text or a
    URL), and one column for each of IDENTIFIERS that `table` has. `source` and `head` are SQL.
    """
    columns = ["day", "at_ms", "key", "kind", "late", f"{head} AS head", f"{source} AS source"]
    for name in ("planted", *IDENTIFIERS):
        columns.append(name if name in table.columns else f"CAST(NULL AS STRING) AS {name}")
    return table.select(*map(F.expr, columns), text.alias("text"))


def csv_line(*values: str) -> Column:
    """SQL values joined by commas, null as nothing; only `quoted()` ones may hold commas, quotes or line ends."""
    return F.expr("concat_ws(',', " + ", ".join(f"coalesce(CAST({v} AS STRING), '')" for v in values) + ")")


def quoted(value: str) -> str:
    """SQL: a CSV field, quoted where it must be."""
    inside = f"""concat('"', replace({value}, '"', '""'), '"')"""
    return f"""CASE WHEN {value} RLIKE '[,"\\r\\n]' THEN {inside} ELSE {value} END"""
