"""Events with the customer whose they are; what comes of them by day and product."""

from datetime import date
from decimal import Decimal
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.features import customer_days, customer_events, interactions
from motherlode.contracts import features, identity, silver
from motherlode.features.business_day import BusinessDayParams
from tests.lib.identity.rows import at, rows

NEW_YORK = BusinessDayParams(zone="America/New_York")
MAP = [
    {
        "identifier": "u1",
        "customer_id": "c1",
        "valid_from": at("1970-01-01"),
        "valid_to": at("9999-12-31"),
        "known_from": at("2020-01-20 12:00"),
    },
    {
        "identifier": "tablet",
        "customer_id": "c1",
        "valid_from": at("2020-01-01 10:00"),
        "valid_to": at("2020-01-02 02:00"),
        "known_from": at("2020-01-02 01:00"),
        "is_shared": True,
    },
]
EVENTS = [
    {"row_id": "own", "identifier": "u1", "occurred_at": at("2020-01-03 04:59")},
    {"row_id": "late", "identifier": "u1", "occurred_at": at("2020-01-03 05:00"), "known_at": at("2020-02-01 12:00")},
    {"row_id": "turn", "identifier": "tablet", "occurred_at": at("2020-01-02 01:59")},
    {"row_id": "nobody's turn", "identifier": "tablet", "occurred_at": at("2020-01-02 02:00")},
    {"row_id": "household", "identifier": "h1", "occurred_at": at("2020-01-03")},
    {"row_id": "superseded", "identifier": "u1", "occurred_at": at("2020-01-03 04:59")},
]


def made(spark: SparkSession, only: str | None = None) -> list[tuple[Any, ...]]:
    given = [{"known_at": row["occurred_at"], "type": "searched", "channel": "web", **row} for row in EVENTS]
    tables = [(silver.EVENTS, given), (identity.CUSTOMER_MAP, MAP)]
    events, the_map = (
        rows(spark, table, [row for row in every if only in (None, row["identifier"])]) for table, every in tables
    )
    gone = rows(spark, silver.SUPERSEDED_EVENTS, [{"row_id": "superseded"}])
    found = customer_events.JOB.transform(events=events, superseded=gone, customer_map=the_map, params=NEW_YORK)
    frame = found["customer_events"]
    assert isinstance(frame, DataFrame)
    assert frame.columns == features.CUSTOMER_EVENTS.columns
    return sorted(tuple(row) for row in frame.select("row_id", "customer_id", "day", "known_on").collect())


EXPECTED = [
    # Five hours after midnight in UTC a day begins in New York.
    ("late", "c1", date(2020, 1, 3), date(2020, 2, 1)),
    ("own", "c1", date(2020, 1, 2), date(2020, 1, 20)),
    ("turn", "c1", date(2020, 1, 1), date(2020, 1, 1)),
]


def test_each_event_of_a_known_customer_once(spark: SparkSession) -> None:
    assert made(spark) == EXPECTED


def test_a_touched_identifier_gives_the_rows_of_a_full_run(spark: SparkSession) -> None:
    assert made(spark, only="tablet") == EXPECTED[2:]


DAY, KNOWN = date(2020, 1, 2), date(2020, 1, 3)


def event(kind: str, channel: str = "web", **more: Any) -> dict[str, Any]:
    return {"customer_id": "c1", "day": DAY, "known_on": KNOWN, "type": kind, "channel": channel, **more}


def test_days_are_sums_and_what_is_taken_back_is_negative(spark: SparkSession) -> None:
    events = [
        event("product_viewed"),
        event("product_viewed", is_bot=True),
        event("product_added", channel="app"),
        event("searched", known_on=date(2020, 1, 9)),
        event("email_delivered", channel="email"),
        event("email_opened", channel="email", is_bot=True),
        event("email_opened", channel="email"),
        event("email_clicked", channel="email"),
        event("email_processed", channel="email", day=date(2020, 5, 5)),
    ]
    change = {"customer_id": "c1", "day": DAY, "order_id": "o"}
    changes = [
        {**change, "known_on": KNOWN, "orders": 1, "online_orders": 1, "lines": 2, "net": Decimal("1.2345")},
        {**change, "known_on": KNOWN, "orders": 1, "lines": 1, "net": Decimal("2.10"), "discount": Decimal(1)},
        {**change, "known_on": date(2020, 2, 1), "orders": -1, "online_orders": -1, "net": Decimal("-1.2345")},
    ]
    found = customer_days.JOB.transform(
        events=rows(spark, features.CUSTOMER_EVENTS, events),
        sessions=rows(spark, features.SESSIONS, [{"customer_id": "c1", "day": DAY, "known_on": KNOWN}]),
        changes=rows(spark, features.BASKET_CHANGES, changes),
    )["customer_days"]
    assert isinstance(found, DataFrame)
    names = [name for name in features.CUSTOMER_DAYS.columns if name not in ("customer_id", "day")]
    assert sorted(tuple(row) for row in found.select(*names).collect()) == [
        (KNOWN, 1, 1, 1, 0, 1, 1, 1, 2, 1, 3, Decimal(1), Decimal("3.3345")),
        (date(2020, 1, 9), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        (date(2020, 2, 1), 0, 0, 0, 0, 0, 0, 0, -1, -1, 0, 0, Decimal("-1.2345")),
    ]


def test_interactions_by_product_and_day(spark: SparkSession) -> None:
    events = [
        event("product_viewed", product_id="p"),
        event("product_viewed", product_id="p"),
        event("product_added", product_id="p"),
        event("product_viewed", product_id="p", is_bot=True),
        event("order_completed", product_id="p"),
        event("product_viewed"),
    ]
    item = {"product_id": "p", "day": DAY, "known_on": KNOWN, "quantity": 2.0, "net": Decimal("1.5")}
    items = [{**item, "customer_id": "c1", "order_id": "o1"}, {**item, "customer_id": None, "order_id": "o2"}]
    found = interactions.JOB.transform(
        events=rows(spark, features.CUSTOMER_EVENTS, events), items=rows(spark, features.BASKET_ITEMS, items)
    )["interactions"]
    assert isinstance(found, DataFrame)
    shown = found.select(*features.INTERACTIONS.columns).collect()
    assert [tuple(row) for row in shown] == [("c1", "p", DAY, KNOWN, 2, 1, 1, 2.0, Decimal("1.5"))]
