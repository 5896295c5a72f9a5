"""Baskets: literals, and the state of every order on every day against a replay of the deliveries."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import features, identity, silver
from motherlode.features.baskets import baskets
from tests.lib.identity.rows import at, rows

FACTS = ("orders", "online_orders", "lines", "quantity", "discount", "net")


def line(order: str, version: str, no: str, product: str | None, net: str, **more: Any) -> dict[str, Any]:
    who = more.get("identifier", "u1")
    return {
        "row_id": f"{order}/{version}/{no}/{more.get('known_at', version)}",
        "order_id": order,
        "identifier": "u1",
        "identifiers": [(who.partition(":")[0], "", who)],
        "version_at": at(version),
        "known_at": at(version),
        "occurred_at": at("2020-01-05 23:00"),
        "line_no": no,
        "channel": "web",
        "status": "paid",
        "product_id": product,
        "quantity": 1.0 if product else 0.0,
        "discount": Decimal(1),
        "net": Decimal(net),
        **more,
    }


def order(order_id: str, version: str, **more: Any) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "identifier": "u1",
        "occurred_at": at("2020-01-05 23:00"),
        "version_at": at(version),
        "channel": "web",
        "status": "paid",
        **more,
    }


LINES = [
    # Two units, one of them returned in March; milk was there from the start, tea came with the refund.
    line("refunded", "2020-01-06 01:00", "1", "milk", "10", quantity=2.0),
    line("refunded", "2020-01-06 01:00", "2", "rare", "5"),
    line("refunded", "2020-03-01 12:00", "1", "milk", "4"),
    line("refunded", "2020-03-01 12:00", "2", "rare", "5", quantity=0.0),
    line("refunded", "2020-03-01 12:00", "3", "tea", "3"),
    line("store", "2020-01-06 01:00", "3", "untyped", "0", identifier="order:9", channel="store"),
    line("cancelled", "2020-01-06 01:00", "1", "milk", "7"),
    line("cancelled", "2020-02-01 12:00", "1", "milk", "7", status="cancelled"),
    line("test", "2020-01-06 01:00", "1", "milk", "7", is_test=True),
    line("store", "2020-01-06 01:00", "1", "milk", "2", identifier="order:9", channel="store"),
    line("store", "2020-01-06 01:00", "2", "milk", "3", identifier="order:9", channel="store"),
    # Somebody, whom the map does not have: consent was withheld.
    line("withheld", "2020-01-06 01:00", "1", "milk", "2", identifier="user_id:9"),
    # It was someone else's before: that version counts for nobody.
    line("moved", "2020-01-06 01:00", "1", "tea", "1", identifier="gone"),
    line("moved", "2020-02-01 12:00", "1", "milk", "2"),
]
ORDERS = [
    order("refunded", "2020-03-01 12:00", lines=3, quantity=2.0, discount=Decimal(3), net=Decimal(12)),
    order("cancelled", "2020-02-01 12:00", status="cancelled"),
    order("test", "2020-01-06 01:00", is_test=True),
    order("store", "2020-01-06 01:00", identifier="order:9", channel="store", net=Decimal(5)),
    order("withheld", "2020-01-06 01:00", identifier="user_id:9", net=Decimal(2)),
    order("moved", "2020-02-01 12:00", lines=1),
]
PRODUCTS = [
    {"row_id": "1", "product_id": "milk", "type": "DAIRY", "known_at": at("2020-01-01")},
    {"row_id": "2", "product_id": "milk", "type": "MILK", "known_at": at("2020-01-02")},
    {"row_id": "3", "product_id": "tea", "type": "TEA", "category": "HOT DRINKS"},
    {"row_id": "4", "product_id": "untyped", "category": "SUNDRIES"},
]
MAP = [
    {
        "identifier": "u1",
        "customer_id": "c1",
        "valid_from": at("1970-01-01"),
        "valid_to": at("9999-12-31"),
        "known_from": at("2020-01-10 12:00"),
    }
]


def made(
    spark: SparkSession,
    orders: list[dict[str, Any]],
    lines: list[dict[str, Any]],
    zone: str,
    products: list[dict[str, Any]] = PRODUCTS,
) -> dict[str, list[dict[str, Any]]]:
    found = baskets(
        rows(spark, silver.ORDERS, orders),
        rows(spark, silver.ORDER_LINES, lines),
        rows(spark, silver.PRODUCTS, products),
        rows(spark, identity.CUSTOMER_MAP, MAP),
        zone,
    )
    tables = {
        features.BASKETS: found.baskets,
        features.BASKET_ITEMS: found.items,
        features.BASKET_CHANGES: found.changes,
    }
    collected = {
        table.name: [row.asDict() for row in frame.select(*table.columns).collect()] for table, frame in tables.items()
    }
    spark.catalog.clearCache()
    return collected


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, list[dict[str, Any]]]:
    return made(spark, ORDERS, LINES, "America/New_York")


def test_baskets_are_orders_that_count(found: dict[str, list[dict[str, Any]]]) -> None:
    by_id = {row["order_id"]: row for row in found["baskets"]}
    assert set(by_id) == {"refunded", "store", "moved"}
    refunded, store = by_id["refunded"], by_id["store"]
    assert (refunded["customer_id"], store["customer_id"]) == ("c1", None)
    assert (refunded["net"], refunded["discount"], refunded["lines"]) == (12, 3, 3)
    # `rare` is not in the catalogue, so nobody could read it; milk has a newer type, tea's says its category.
    assert refunded["product_types"] == ["MILK", "TEA (HOT DRINKS)"]
    assert store["product_types"] == ["MILK", "untyped"]
    # 23:00 UTC is the same day in New York; 01:00 UTC the evening before; the customer was known on the 10th.
    assert (refunded["day"], refunded["known_on"]) == (date(2020, 1, 5), date(2020, 1, 10))
    assert store["known_on"] == date(2020, 1, 5)


def test_without_a_catalogue_products_stand_for_themselves(spark: SparkSession) -> None:
    baskets = made(spark, ORDERS, LINES, "America/New_York", [])["baskets"]
    assert {row["order_id"]: row["product_types"] for row in baskets} == {
        "refunded": ["milk", "rare", "tea"],
        "store": ["milk", "untyped"],
        "moved": ["milk"],
    }


def test_items_are_the_products_of_the_current_state(found: dict[str, list[dict[str, Any]]]) -> None:
    items = {(row["order_id"], row["product_id"]): row for row in found["basket_items"]}
    assert {key: (row["quantity"], row["net"], row["known_on"]) for key, row in items.items()} == {
        ("refunded", "milk"): (1.0, 4, date(2020, 1, 10)),
        ("refunded", "rare"): (0.0, 5, date(2020, 1, 10)),
        ("refunded", "tea"): (1.0, 3, date(2020, 3, 1)),
        ("store", "milk"): (2.0, 5, date(2020, 1, 5)),
        ("store", "untyped"): (1.0, 0, date(2020, 1, 5)),
        ("moved", "milk"): (1.0, 2, date(2020, 2, 1)),
    }


def test_changes_are_what_became_known(found: dict[str, list[dict[str, Any]]]) -> None:
    changes = {
        (row["order_id"], row["known_on"]): tuple(row[name] for name in FACTS) for row in found["basket_changes"]
    }
    assert changes == {
        ("refunded", date(2020, 1, 10)): (1, 1, 2, 3.0, 2, 15),
        ("refunded", date(2020, 3, 1)): (0, 0, 1, -1.0, 1, -3),
        ("cancelled", date(2020, 1, 10)): (1, 1, 1, 1.0, 1, 7),
        ("cancelled", date(2020, 2, 1)): (-1, -1, -1, -1.0, -1, -7),
        ("moved", date(2020, 2, 1)): (1, 1, 1, 1.0, 1, 2),
    }


def test_changes_add_up_to_the_state_of_every_day(spark: SparkSession) -> None:
    draw = random.Random(4)
    lines = []
    for n in range(25):
        for version in range(draw.randrange(1, 4)):
            status = draw.choice(["paid", "paid", "cancelled"])
            for no in range(draw.randrange(1, 4)):
                # Some lines are delivered again with another amount, some versions overtake each other.
                for _ in range(draw.choice([1, 1, 2])):
                    known = at("2020-01-06") + timedelta(days=draw.randrange(25), hours=draw.randrange(24))
                    net = str(draw.randrange(50))
                    made_at = f"2020-01-{6 + version:02} 01:00"
                    lines.append(
                        line(
                            f"o{n}", made_at, str(no), "milk", net, known_at=known, status=status,
                            row_id=f"r{len(lines):04}",
                        )
                    )  # fmt: skip
    newest = {row["order_id"]: row["version_at"] for row in sorted(lines, key=lambda row: row["version_at"])}
    orders = [{**order(name, "2020-01-06"), "version_at": version} for name, version in newest.items()]
    changes = made(spark, orders, lines, "UTC")["basket_changes"]
    for name in newest:
        mine = [row for row in lines if row["order_id"] == name]
        for day in (date(2020, 1, 10) + timedelta(days=n) for n in range(25)):
            summed = [row for row in changes if row["order_id"] == name and row["known_on"] <= day]
            assert (sum(row["orders"] for row in summed), sum(row["net"] for row in summed)) == state(mine, day)


def state(lines: list[dict[str, Any]], day: date) -> tuple[int, Decimal]:
    """Orders and net as silver.orders would say, had only these deliveries been made."""
    known = [row for row in lines if row["known_at"].date() <= day]
    if not known:
        return 0, Decimal(0)
    version = max(row["version_at"] for row in known)
    last: dict[str, dict[str, Any]] = {}
    current = [row for row in known if row["version_at"] == version]
    for row in sorted(current, key=lambda row: row["row_id"], reverse=True):
        if row["line_no"] not in last or row["known_at"] >= last[row["line_no"]]["known_at"]:
            last[row["line_no"]] = row
    if any(row["status"] == "cancelled" for row in last.values()):
        return 0, Decimal(0)
    return 1, sum((row["net"] for row in last.values()), Decimal(0))


def test_a_touched_identifier_gives_the_rows_of_a_full_run(
    spark: SparkSession, found: dict[str, list[dict[str, Any]]]
) -> None:
    only = [[row for row in given if row["identifier"] == "u1"] for given in (ORDERS, LINES)]
    again = made(spark, only[0], only[1], "America/New_York")
    for name, full in found.items():
        expected = sorted((row for row in full if row["identifier"] == "u1"), key=repr)
        assert sorted(again[name], key=repr) == expected, name
