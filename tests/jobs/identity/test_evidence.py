"""Evidence from the records of every source."""

from datetime import date
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.identity.evidence import JOB
from motherlode.contracts import identity
from motherlode.contracts.tables import Table
from motherlode.identity.params import IdentityParams
from tests.lib.identity.rows import at, rows


def record(when: str, *identifiers: str, **more: Any) -> dict[str, Any]:
    return {
        "identifiers": [(name.partition(":")[0], "", name) for name in identifiers],
        "source": "web",
        "occurred_at": at(when),
        "occurred_on": at(when).date(),
        "known_at": at(when),
        **more,
    }


GIVEN = {
    "events": [
        record("2020-01-01 10:05", "user_id:1", "cookie:1"),
        record("2020-01-01 10:55", "cookie:1", "user_id:1", known_at=at("2020-01-02 00:00")),
        record("2020-01-01 11:00", "cookie:1", "user_id:1"),
        record("2020-01-01 10:20", "cookie:1", "household:1", "cookie:1"),
        record("2020-01-01 10:20", "cookie:bot", "user_id:1", is_bot=True),
    ],
    "order_lines": [record("2020-01-02 09:00", "order:1", source="store")],
    "customers": [record("2020-01-02 09:00", "phone:1", "email:1", "crm_id:1", source="crm")],
    "consents": [record("2020-01-02 09:30", "email:1", "crm_id:1", source="consents")],
    "survey_answers": [],
}


def inputs(spark: SparkSession, on: date | None = None) -> dict[str, DataFrame]:
    tables = {name: table for name, table in JOB.reads.items() if isinstance(table, Table)}
    return {
        name: rows(spark, table, [row for row in GIVEN[name] if on in (None, row["occurred_on"])])
        for name, table in tables.items()
    }


def evidence(given: dict[str, DataFrame]) -> list[tuple[Any, ...]]:
    made = JOB.transform(**given, params=IdentityParams())["evidence"]
    assert isinstance(made, DataFrame)
    assert set(made.columns) == set(identity.EVIDENCE.columns)
    shown = made.selectExpr("identifier", "other", "source", "hour", "count", *[f"cast({n} as string)" for n in TIMES])
    return sorted(tuple(row) for row in shown.collect())


TIMES = ("first_at", "last_at", "known_at")
FIRST_DAY = [
    ("cookie:1", "cookie:1", "web", 10, 1, *["2020-01-01 10:20:00"] * 3),
    ("cookie:1", "user_id:1", "web", 10, 2, "2020-01-01 10:05:00", "2020-01-01 10:55:00", "2020-01-01 10:05:00"),
    ("cookie:1", "user_id:1", "web", 11, 1, *["2020-01-01 11:00:00"] * 3),
]


def test_pairs_by_source_and_hour(spark: SparkSession) -> None:
    at_nine = ["2020-01-02 09:00:00"] * 3
    assert evidence(inputs(spark)) == [
        *FIRST_DAY[:2],
        FIRST_DAY[2],
        ("crm_id:1", "email:1", "consents", 9, 1, *["2020-01-02 09:30:00"] * 3),
        ("crm_id:1", "email:1", "crm", 9, 1, *at_nine),
        ("crm_id:1", "phone:1", "crm", 9, 1, *at_nine),
        ("email:1", "phone:1", "crm", 9, 1, *at_nine),
    ]


def test_a_touched_day_gives_the_rows_of_a_full_run(spark: SparkSession) -> None:
    assert evidence(inputs(spark, on=date(2020, 1, 1))) == FIRST_DAY
