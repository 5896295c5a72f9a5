"""Features as of a date: against a plain loop, and unmoved by what happens or becomes known later."""

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import features
from motherlode.features.customer_days import FACTS
from motherlode.features.customer_features import customer_features
from motherlode.features.labels import churn_labels
from tests.lib.identity.rows import rows

AS_OF = date(2020, 6, 30)


def past() -> list[dict[str, Any]]:
    """Days up to AS_OF and known by then."""
    draw = random.Random(1)
    found = []
    for customer in range(12):
        for age in draw.sample(range(200), draw.randrange(1, 40)):
            day = AS_OF - timedelta(days=age)
            orders = draw.choice([0, 0, 1, 2])
            facts = {name: draw.randrange(4) for name in FACTS if name not in ("orders", "discount", "net")}
            if not orders:
                facts |= {"items": 0, "online_orders": 0}
            money = {name: Decimal(orders * draw.randrange(500)) / 100 for name in ("discount", "net")}
            row = {"customer_id": f"c{customer:02}", "day": day, "orders": orders, **facts, **money}
            known_on = day + timedelta(days=draw.randrange(age + 1))
            found.append({**row, "known_on": known_on})
            if known_on < AS_OF and draw.random() < 0.2:
                # Taken back, the whole day, before AS_OF.
                found.append({**row, "known_on": AS_OF, **{name: -row[name] for name in FACTS}})
    return found


def future() -> list[dict[str, Any]]:
    """What no feature as of AS_OF may see: later days, and earlier ones that became known later."""
    after = AS_OF + timedelta(days=1)
    planted = {"orders": 7, "net": Decimal(9999), "sessions": 9, "views": 9, "emails_sent": 9, "items": 9}
    return [
        {"customer_id": customer, "day": day, "known_on": after, **planted}
        for customer in ("c00", "c01", "only later")
        for day in (after, AS_OF, AS_OF - timedelta(days=50), AS_OF - timedelta(days=500))
    ]


def features_of(spark: SparkSession, given: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    made = customer_features(rows(spark, features.CUSTOMER_DAYS, given), AS_OF)
    table = features.CUSTOMER_FEATURES
    found = {row["customer_id"]: row.asDict() for row in made.select(*table.columns).collect()}
    assert made.select(*table.columns).schema.simpleString() == table.schema.simpleString()
    return found


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> dict[str, dict[str, Any]]:
    return features_of(spark, past())


def test_features_are_those_of_a_plain_loop(found: dict[str, dict[str, Any]]) -> None:
    by_customer: dict[str, dict[date, dict[str, Any]]] = {}
    for row in past():
        day = by_customer.setdefault(row["customer_id"], {}).setdefault(row["day"], dict.fromkeys(FACTS, 0))
        for name in FACTS:
            day[name] += row[name]
    left = {c: {d: f for d, f in days.items() if any(f.values())} for c, days in by_customer.items()}
    left = {customer: days for customer, days in left.items() if days}
    assert set(found) == set(left)
    for customer, days in left.items():
        expected = oracle(days)
        shown = {name: found[customer][name] for name in expected}
        assert shown == pytest.approx(expected, nan_ok=True), customer
        assert set(found[customer]) == {"as_of", "customer_id", *expected}


def oracle(days: dict[date, dict[str, Any]]) -> dict[str, Any]:
    def total(name: str, youngest: int = 0, oldest: int = 10_000) -> Any:
        return sum(facts[name] for day, facts in days.items() if youngest <= (AS_OF - day).days < oldest)

    def share(part: Any, whole: Any) -> float | None:
        return float(part) / float(whole) if whole else None

    bought = sorted(day for day, facts in days.items() if facts["orders"])
    visited = [day for day, facts in days.items() if facts["sessions"]]
    gaps = [(later - earlier).days for earlier, later in pairwise(bought)]
    recency = (AS_OF - bought[-1]).days if bought else None
    mean_gap = sum(gaps) / len(gaps) if gaps else None
    return {
        "tenure_days": (AS_OF - min(days)).days,
        "recency_days": recency,
        "active_days": len(days),
        "orders": total("orders"),
        "orders_28d": total("orders", 0, 28),
        "orders_prior_28d": total("orders", 28, 56),
        "orders_84d": total("orders", 0, 84),
        "basket_weeks_84d": len({(AS_OF - day).days // 7 for day in bought if (AS_OF - day).days < 84}),
        "mean_gap_days": mean_gap,
        "longest_gap_days": max(gaps) if gaps else None,
        "overdue": share(recency, mean_gap),
        "net": float(total("net")),
        "net_28d": float(total("net", 0, 28)),
        "net_prior_28d": float(total("net", 28, 56)),
        "net_84d": float(total("net", 0, 84)),
        "net_per_order": share(total("net"), total("orders")),
        "items_per_order": share(total("items"), total("orders")),
        "discount_share": share(total("discount"), total("net") + total("discount")),
        "online_share": share(total("online_orders"), total("orders")),
        "sessions_28d": total("sessions", 0, 28),
        "session_recency_days": (AS_OF - max(visited)).days if visited else None,
        "views_28d": total("views", 0, 28),
        "carts_28d": total("carts", 0, 28),
        "email_open_rate": share(total("emails_opened", 0, 84), total("emails_sent", 0, 84)),
        "email_click_rate": share(total("emails_clicked", 0, 84), total("emails_sent", 0, 84)),
    }


def test_a_planted_future_changes_nothing(spark: SparkSession, found: dict[str, dict[str, Any]]) -> None:
    assert features_of(spark, [*past(), *future()]) == found


def test_churned_is_who_was_active_and_bought_nothing_after(spark: SparkSession) -> None:
    def bought(customer: str, ago: int, known_after: int = 0, orders: int = 1) -> dict[str, Any]:
        day = AS_OF - timedelta(days=ago)
        return {
            "customer_id": customer,
            "day": day,
            "known_on": day + timedelta(days=known_after),
            "orders": orders,
            "net": Decimal(orders),
        }

    days = [
        bought("stays", 10),
        bought("stays", -28),
        bought("churns", 83),
        bought("churns too late to matter", 0),
        bought("churns too late to matter", -29),
        bought("was gone before", 84),
        bought("was gone before", -3),
        bought("active only as known later", 5, known_after=6),
        bought("outcome known later", 5),
        bought("outcome known later", -5, known_after=90),
        bought("took it back", 5),
        bought("took it back", -5),
        bought("took it back", -5, known_after=3, orders=-1),
    ]
    labels = churn_labels(rows(spark, features.CUSTOMER_DAYS, days), AS_OF, horizon_days=28, active_days=84)
    assert {row["customer_id"]: row["churned"] for row in labels.collect()} == {
        "stays": False,
        "churns": True,
        "churns too late to matter": True,
        "outcome known later": False,
        "took it back": True,
    }
