"""One row for each customer, and what they decided."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.identity import consents, customers, marketing_choices
from motherlode.contracts import identity, silver
from tests.lib.identity.rows import at, evidence_row, rows

NO_END = datetime(9999, 12, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def the_map(spark: SparkSession) -> DataFrame:
    always = {"valid_from": at("1970-01-01"), "valid_to": NO_END}
    turn = {"identifier": "tablet", "is_shared": True, "customer_id": "c1"}
    return rows(
        spark,
        identity.CUSTOMER_MAP,
        [
            {"identifier": "crm1", "customer_id": "c1", **always},
            {"identifier": "mail1", "customer_id": "c1", **always},
            {"identifier": "crm2", "customer_id": "c2", **always},
            {"identifier": "crm3", "customer_id": "c3", **always},
            {**turn, "valid_from": at("2020-01-01 00:00"), "valid_to": at("2020-01-01 12:00")},
            {**turn, "valid_from": at("2020-01-02 00:00"), "valid_to": at("2020-01-02 12:00")},
        ],
    )


def test_what_holds_a_customer_together(spark: SparkSession, the_map: DataFrame) -> None:
    evidence = rows(
        spark,
        identity.EVIDENCE,
        [
            evidence_row("crm1", "mail1", at("2020-01-05 10:00"), last_at=at("2020-01-05 10:30")),
            evidence_row("mail1", "tablet", at("2020-01-01 10:00")),
            evidence_row("crm2", "crm2", at("2020-02-01 10:00")),
        ],
    )
    crm = rows(
        spark,
        silver.CUSTOMERS,
        [
            {"identifier": "crm1", "occurred_at": at("2020-01-01"), "household": "old"},
            {"identifier": "mail1", "occurred_at": at("2020-01-02"), "household": "new"},
            {"identifier": "crm1", "occurred_at": at("2020-01-03"), "household": None},
        ],
    )
    made = customers.JOB.transform(customer_map=the_map, evidence=evidence, crm=crm)["customers"]
    assert isinstance(made, DataFrame)
    found = made.selectExpr(*[f"cast({name} as string)" for name in identity.CUSTOMERS.columns]).collect()
    assert sorted(tuple(row) for row in found) == [
        ("c1", "new", "2", "1", "2020-01-01 10:00:00", "2020-01-05 10:30:00"),
        ("c2", None, "1", "0", "2020-02-01 10:00:00", "2020-02-01 10:00:00"),
        ("c3", None, "1", "0", None, None),
    ]


def test_the_newest_decision_holds_and_a_refusal_wins_a_tie(spark: SparkSession, the_map: DataFrame) -> None:
    def decision(identifier: str, when: str, purpose: str, granted: bool) -> dict[str, Any]:
        return {"identifier": identifier, "occurred_at": at(when), "purpose": purpose, "granted": granted}

    decisions = rows(
        spark,
        silver.CONSENTS,
        [
            decision("crm1", "2020-01-01", "analytics", False),
            decision("mail1", "2020-01-02", "analytics", True),
            decision("crm1", "2020-01-01", "marketing", True),
            decision("mail1", "2020-01-01", "marketing", False),
            decision("crm2", "2020-01-01", "marketing", True),
            decision("tablet", "2020-01-02 11:00", "personalisation", True),
            decision("tablet", "2020-01-03 11:00", "personalisation", False),
            decision("nobody", "2020-01-01", "analytics", True),
        ],
    )

    def event(identifier: str, when: str, kind: str) -> dict[str, Any]:
        return {"identifier": identifier, "occurred_at": at(when), "type": kind}

    events = rows(
        spark,
        silver.EVENTS,
        [
            event("crm2", "2020-01-04", "email_unsubscribed"),
            event("crm2", "2020-01-05", "email_opened"),
            # Before the decision, so that the decision holds.
            event("crm1", "2019-12-31", "email_reported"),
            event("crm3", "2020-01-04", "email_unsubscribed"),
            event("crm3", "2020-01-06", "email_resubscribed"),
            {**event("crm3", "2020-01-07", "email_unsubscribed"), "row_id": "gone"},
        ],
    )
    gone = rows(spark, silver.SUPERSEDED_EVENTS, [{"row_id": "gone"}])
    choices = marketing_choices.JOB.transform(events=events, superseded=gone)["marketing_choices"]
    assert isinstance(choices, DataFrame)
    assert set(choices.columns) == set(identity.MARKETING_CHOICES.columns)
    made = consents.JOB.transform(decisions=decisions, choices=choices, customer_map=the_map)["consents"]
    assert isinstance(made, DataFrame)
    found = made.selectExpr("customer_id", "purpose", "granted", "cast(decided_at as string)").collect()
    assert sorted(tuple(row) for row in found) == [
        ("c1", "analytics", True, "2020-01-02 00:00:00"),
        ("c1", "marketing", False, "2020-01-01 00:00:00"),
        ("c1", "personalisation", True, "2020-01-02 11:00:00"),
        ("c2", "marketing", False, "2020-01-04 00:00:00"),
        ("c3", "marketing", True, "2020-01-06 00:00:00"),
    ]


def test_what_says_yes_or_no_to_marketing(spark: SparkSession) -> None:
    said = ("email_subscribed", "email_resubscribed", "email_unsubscribed", "email_reported")
    others = ("email_bounced", "email_changed", "profile_updated", "campaign_sent", "signed_up")
    events = rows(
        spark,
        silver.EVENTS,
        [{"identifier": kind, "occurred_at": at("2020-01-01"), "type": kind} for kind in (*said, *others)],
    )
    gone = rows(spark, silver.SUPERSEDED_EVENTS, [])
    choices = marketing_choices.JOB.transform(events=events, superseded=gone)["marketing_choices"]
    assert isinstance(choices, DataFrame)
    assert {row["identifier"]: row["granted"] for row in choices.collect()} == {
        "email_subscribed": True,
        "email_resubscribed": True,
        "email_unsubscribed": False,
        "email_reported": False,
    }
