"""The state of an order, against literals."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pyspark.sql import SparkSession

from jobs.silver.orders import JOB
from motherlode.contracts import silver

LINE: dict[str, Any] = {
    "row_id": "r1", "identifier": "ann", "identifiers": [], "occurred_at": datetime(2017, 1, 1),
    "occurred_on": datetime(2017, 1, 1).date(), "known_at": datetime(2017, 1, 1), "order_id": "shop:1",
    "version_at": datetime(2017, 1, 1), "line_no": "1", "channel": "web", "status": "paid", "store_id": None,
    "product_id": "p1", "quantity": 2.0, "gross": Decimal(10), "discount": Decimal(1), "net": Decimal(9), "tax": None,
    "currency": "USD", "is_test": False, "flags": [], "source": "shop", "batch": 1, "file": "a", "offset": 0,
}  # fmt: skip


def orders_of(spark: SparkSession, *changes: dict[str, Any]) -> list[dict[str, Any]]:
    lines = spark.createDataFrame([{**LINE, **change} for change in changes], silver.ORDER_LINES.schema)
    found = JOB.transform(order_lines=lines)["orders"].orderBy("order_id").collect()
    assert all(list(row.asDict()) == silver.ORDERS.columns for row in found)
    return [row.asDict() for row in found]


def test_the_newest_version_is_the_state(spark: SparkSession) -> None:
    newer = {"version_at": datetime(2017, 1, 3), "known_at": datetime(2017, 1, 3), "status": "refunded"}
    (order,) = orders_of(
        spark,
        {},
        {"row_id": "r2", "line_no": "2"},
        {"row_id": "r3", **newer, "quantity": 1.0, "net": Decimal(4)},
        {"row_id": "r4", **newer, "line_no": "2", "product_id": None, "quantity": 5.0, "net": Decimal(1)},
    )
    assert (order["version_at"], order["status"]) == (datetime(2017, 1, 3), "refunded")
    assert (order["lines"], order["quantity"], order["net"], order["gross"]) == (1, 1.0, Decimal(5), Decimal(20))


def test_the_tax_of_an_order_is_that_of_the_lines_that_say_one(spark: SparkSession) -> None:
    taxed = {"row_id": "r2", "line_no": "2", "tax": Decimal("1.5")}
    assert [order["tax"] for order in orders_of(spark, {}, taxed)] == [Decimal("1.5")]
    assert [order["tax"] for order in orders_of(spark, {})] == [None]


def test_a_line_delivered_twice_in_a_version_counts_once_as_last_known(spark: SparkSession) -> None:
    (order,) = orders_of(
        spark, {}, {"row_id": "r0", "known_at": datetime(2017, 1, 2), "net": Decimal(7), "status": "late"}
    )
    assert (order["lines"], order["net"], order["status"]) == (1, Decimal(7), "late")


def test_a_correction_without_a_time_of_its_own_is_the_one_delivered_last(spark: SparkSession) -> None:
    first, second = {"file": "day-1", "offset": 90}, {"file": "day-2", "offset": 10}
    for one, other in (("r1", "r2"), ("r2", "r1")):
        (order,) = orders_of(
            spark, {**first, "row_id": one, "net": Decimal(10)}, {**second, "row_id": other, "net": Decimal(12)}
        )
        assert order["net"] == Decimal(12)


def test_an_order_without_lines_stays(spark: SparkSession) -> None:
    (order,) = orders_of(spark, {"product_id": None, "quantity": 0.0, "net": Decimal(0)})
    assert (order["lines"], order["quantity"], order["net"]) == (0, 0.0, Decimal(0))


def test_orders_are_apart(spark: SparkSession) -> None:
    found = orders_of(spark, {}, {"row_id": "r2", "order_id": "shop:2"})
    assert [order["order_id"] for order in found] == ["shop:1", "shop:2"]
