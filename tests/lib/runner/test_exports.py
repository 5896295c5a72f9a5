"""Rows that a table's newest export no longer has, through the runner."""

from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.contracts.exports import DELETIONS, EXPORTS
from motherlode.runner.context import Context
from tests.lib.runner.small import rows
from tests.lib.runner.test_hard_files import run, shop

INTAKE = ("bronze.files", "bronze.records")
ORDERS = (*INTAKE, "silver.order_lines", "silver.quality_counts", "silver.deletions", "silver.orders")
SALES = """
format = "csv"
path = "sales/*.csv"
target = "order_lines"
channel = "store"
export = "full"
key = ["id"]
[identifiers]
user_id = "who"
[columns]
order_id = "id"
occurred_at = "at"
version_at = "changed"
line_no = "id"
product_id = "product"
quantity = "n"
net = "paid"
currency = "currency"
"""
HEADER = "id,who,at,changed,product,n,paid,currency"


def sales(*ids: str, paid: str = "5.00", changed: str = "2018-02-01") -> str:
    """A table of sales."""
    return "\n".join([HEADER, *[f"{one},u{one},2018-02-01,{changed},P{one},1,{paid},USD" for one in ids]]) + "\n"


def orders(context: Context) -> list[tuple[Any, ...]]:
    return [(name.removeprefix("sales:"), net) for name, net in rows(context, silver.ORDERS, "order_id", "net")]


def test_what_was_deleted_at_the_source_is_seen_by_no_job_and_can_come_back(
    spark: SparkSession, tmp_path: Path
) -> None:
    folder = tmp_path / "landing/sales"
    folder.mkdir(parents=True)
    context = shop(spark, tmp_path, {"sales": SALES})
    (folder / "2018-02-01.csv").write_text(sales("1", "2", "3"))
    run(context, ORDERS)
    assert orders(context) == [("1", 5), ("2", 5), ("3", 5)]
    (folder / "2018-02-02.csv").write_text(sales("1", "3", "4"))
    run(context, ORDERS)
    assert orders(context) == [("1", 5), ("3", 5), ("4", 5)]
    # What changed is not gone. The run reads the orders alone that went, came back or changed.
    (folder / "2018-02-03.csv").write_text(sales("2", "3", paid="6.00", changed="2018-02-03"))
    run(context, ORDERS)
    assert orders(context) == [("2", 6), ("3", 6)]
    (folder / "2018-02-04.csv").write_text(sales("1", "2"))
    run(context, ORDERS)
    assert orders(context) == [("1", 5), ("2", 6)]
    assert [row[-1] for row in rows(context, EXPORTS, "batch", "deleted", "returned")] == [None, 0, 1, 1]
    found = context.warehouse.newest(DELETIONS).count()
    run(context, ORDERS)
    assert context.warehouse.newest(DELETIONS).count() == found == 1 + 3 + 2
