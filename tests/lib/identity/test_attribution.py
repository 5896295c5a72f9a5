"""Whose a record is, against a brute-force search for the nearest login."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.errors import SparkRuntimeException
from pyspark.sql import SparkSession

from motherlode.contracts import identity
from motherlode.identity.attribution import with_customer
from motherlode.identity.params import IdentityParams
from motherlode.identity.shared import intervals
from tests.lib.identity.rows import at, evidence_row, rows

START = at("2020-01-01 00:00")
HOURS = 5


def test_a_record_is_the_persons_whose_login_is_nearest(spark: SparkSession) -> None:
    draw = random.Random(11)
    # An even number of seconds apart, so that no record lies exactly between two logins.
    moments = draw.sample(range(0, 5 * 86_400, 4), 60)
    logins = [(START + timedelta(seconds=n), f"user_id:{draw.randrange(4)}") for n in moments]
    evidence = rows(spark, identity.EVIDENCE, [evidence_row("device:k", who, when) for when, who in logins])
    shared = spark.createDataFrame([("device:k", "device")], "identifier string, type string")
    people = spark.createDataFrame(
        [(f"user_id:{n}", "user_id", f"c{n}", START) for n in range(4)],
        "identifier string, type string, customer_id string, known_from timestamp",
    )
    turns = intervals(evidence, shared, people, IdentityParams(max_hours=HOURS))
    the_map = turns.selectExpr("*", "type as identifier_type", "true as is_shared").union(
        spark.sql(
            "select 'user_id:0', 'user_id', timestamp'1970-01-01', timestamp'9999-12-31', 'c0',"
            " timestamp'2020-01-01', 'user_id', false"
        )
    )
    asked = [START + timedelta(seconds=draw.randrange(-50_000, 6 * 86_400) * 2 + 1) for _ in range(300)]
    records = spark.createDataFrame(
        [(n, "device:k", when) for n, when in enumerate(asked)] + [(900, "user_id:0", START), (901, "?", START)],
        "n long, identifier string, occurred_at timestamp",
    )
    found = {row["n"]: row["customer_id"] for row in with_customer(records, the_map).collect()}
    assert len(found) == 302
    assert (found.pop(900), found.pop(901)) == ("c0", None)
    assert found == {n: nearest(logins, when) for n, when in enumerate(asked)}


def nearest(logins: list[tuple[datetime, str]], when: datetime) -> str | None:
    distance, who = min((abs(login - when), who) for login, who in logins)
    return f"c{who[-1]}" if distance <= timedelta(hours=HOURS) else None


@pytest.mark.parametrize(("is_shared", "message"), [(True, "two customers at one time"), (False, "must be unique")])
def test_a_map_that_gives_two_customers_is_refused(spark: SparkSession, is_shared: bool, message: str) -> None:
    entry = {"identifier": "k", "valid_to": datetime(2020, 1, 3, tzinfo=UTC), "is_shared": is_shared}
    the_map = rows(
        spark,
        identity.CUSTOMER_MAP,
        [
            {**entry, "customer_id": "c1", "valid_from": datetime(2020, 1, 1, tzinfo=UTC)},
            {**entry, "customer_id": "c2", "valid_from": datetime(2020, 1, 2, tzinfo=UTC)},
        ],
    )
    records = spark.createDataFrame([("k", START)], "identifier string, occurred_at timestamp")
    with pytest.raises(SparkRuntimeException, match=message):
        with_customer(records, the_map).collect()
