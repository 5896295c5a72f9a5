"""The map from evidence, rules and time: one scene with families, a kiosk and mistakes."""

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import identity
from motherlode.identity.customer_map import customer_map
from motherlode.identity.params import IdentityParams
from tests.lib.identity.rows import at, evidence_row, rows

PARAMS = IdentityParams(supernode=3, blocked=("email:nobody",))
DAY = at("2020-01-01 00:00")
NO_END = datetime(9999, 12, 31, tzinfo=UTC)


def day(n: int, hour: int = 0) -> datetime:
    return DAY + timedelta(days=n, hours=hour)


def scene() -> list[dict[str, Any]]:
    """ann and bob share a tablet and a phone number; ten people use one e-mail address; cho is alone."""
    return [
        evidence_row("cookie:ann", "cookie:ann", day(0)),
        evidence_row("crm_id:ann", "email:ann", day(5), count=3),
        evidence_row("crm_id:ann", "phone:family", day(5)),
        evidence_row("cookie:ann", "user_id:ann", day(8), known_at=day(9)),
        evidence_row("email:ann", "user_id:ann", day(8), known_at=day(10)),
        evidence_row("crm_id:bob", "email:bob", day(6)),
        evidence_row("crm_id:bob", "phone:family", day(6)),
        evidence_row("email:bob", "user_id:bob", day(7)),
        # One mistake: an order in the other's account.
        evidence_row("email:bob", "user_id:ann", day(20)),
        evidence_row("cookie:tablet", "user_id:ann", day(10, 8), last_at=day(10, 8) + timedelta(minutes=20)),
        evidence_row("cookie:tablet", "user_id:bob", day(10, 10)),
        evidence_row("cookie:tablet", "email:bob", day(10, 10)),
        *[evidence_row("email:office", f"user_id:o{n}", day(3)) for n in range(4)],
        evidence_row("email:nobody", "user_id:o1", day(3)),
        evidence_row("email:nobody", "user_id:o2", day(3)),
        evidence_row("cookie:cho", "cookie:cho", day(4)),
    ]


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> list[dict[str, Any]]:
    evidence = rows(spark, identity.EVIDENCE, scene())
    collected = customer_map(evidence, PARAMS).select(*identity.CUSTOMER_MAP.columns).collect()
    spark.catalog.clearCache()
    return [_in_utc(row.asDict()) for row in collected]


def _in_utc(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v.astimezone(UTC) if isinstance(v, datetime) else v for k, v in row.items()}


def named(oldest: str) -> str:
    return "c" + hashlib.sha256(oldest.encode()).hexdigest()[:24]


def test_who_is_who(found: list[dict[str, Any]]) -> None:
    own = {row["identifier"]: row["customer_id"] for row in found if not row["is_shared"]}
    ann, bob = named("cookie:ann"), named("crm_id:bob")
    assert own == {
        "cookie:ann": ann,
        "crm_id:ann": ann,
        "email:ann": ann,
        "user_id:ann": ann,
        # Seen with both in the same way; first with ann.
        "phone:family": ann,
        "crm_id:bob": bob,
        "email:bob": bob,
        "user_id:bob": bob,
        "email:office": named("email:office"),
        **{f"user_id:o{n}": named(f"user_id:o{n}") for n in range(4)},
        "cookie:cho": named("cookie:cho"),
    }


def test_known_from_is_when_the_way_to_the_oldest_was_known(found: list[dict[str, Any]]) -> None:
    known = {row["identifier"]: row["known_from"] for row in found if not row["is_shared"]}
    assert known["cookie:ann"] == day(0)
    assert known["user_id:ann"] == day(9)
    assert known["email:ann"] == known["crm_id:ann"] == known["phone:family"] == day(10)
    assert known["user_id:bob"] == day(7)


def test_an_unshared_identifier_has_one_row_without_end(found: list[dict[str, Any]]) -> None:
    own = [row for row in found if not row["is_shared"]]
    assert {(row["valid_from"], row["valid_to"]) for row in own} == {(datetime(1970, 1, 1, tzinfo=UTC), NO_END)}


def test_a_shared_tablet_belongs_to_the_nearest_login(found: list[dict[str, Any]]) -> None:
    turns = sorted((row for row in found if row["is_shared"]), key=lambda row: row["valid_from"])
    assert [(row["valid_from"], row["valid_to"], row["customer_id"]) for row in turns] == [
        (day(9, 20), day(10, 8) + timedelta(minutes=10), named("cookie:ann")),
        (day(10, 8) + timedelta(minutes=10), day(10, 9) + timedelta(minutes=10), named("cookie:ann")),
        (day(10, 9) + timedelta(minutes=10), day(10, 22), named("crm_id:bob")),
    ]
    # Known when the login was, and who the user is: for ann's the latter was known on day 9.
    assert [row["known_from"] for row in turns] == [day(10, 8), day(10, 8), day(10, 10)]


def test_the_order_of_evidence_and_the_way_to_solve_it_do_not_matter(
    spark: SparkSession, found: list[dict[str, Any]]
) -> None:
    given = scene()
    random.Random(3).shuffle(given)
    evidence = rows(spark, identity.EVIDENCE, given).repartition(3)
    params = IdentityParams(supernode=3, blocked=("email:nobody",), component_bound=5)
    again = customer_map(evidence, params).select(*identity.CUSTOMER_MAP.columns).collect()
    spark.catalog.clearCache()
    key = repr
    assert sorted((_in_utc(row.asDict()) for row in again), key=key) == sorted(found, key=key)


def test_taking_evidence_away_splits_what_it_held_together(spark: SparkSession) -> None:
    less = [row for row in scene() if "cookie:ann" not in (row["identifier"], row["other"])]
    evidence = rows(spark, identity.EVIDENCE, less)
    left = {row["identifier"]: row["customer_id"] for row in customer_map(evidence, PARAMS).collect()}
    spark.catalog.clearCache()
    assert left["user_id:ann"] == left["crm_id:ann"] == named("crm_id:ann")
    assert "cookie:ann" not in left


def test_an_account_here_and_one_there_may_be_one_persons(spark: SparkSession) -> None:
    """Two systems that number people each in their own way; the device was never a second person's."""
    given = [
        evidence_row("user_id@shop:7", "email:ann", day(0)),
        evidence_row("user_id@app:9", "email:ann", day(1)),
        evidence_row("user_id@app:8", "email:ann", day(2)),
        evidence_row("device:1", "user_id@shop:7", day(3)),
        evidence_row("device:1", "user_id@app:9", day(4)),
    ]
    found = customer_map(rows(spark, identity.EVIDENCE, given), PARAMS).collect()
    spark.catalog.clearCache()
    assert {row["identifier"]: row["customer_id"] for row in found} == {
        **dict.fromkeys(("user_id@shop:7", "user_id@app:9", "device:1", "email:ann"), named("email:ann")),
        "user_id@app:8": named("user_id@app:8"),
    }
    assert not any(row["is_shared"] for row in found)


def test_impossible_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="max_hours must be at least 1"):
        IdentityParams(max_hours=0)
    with pytest.raises(ValueError, match="cookie: cannot be unique and timed"):
        IdentityParams(unique=("cookie",))
