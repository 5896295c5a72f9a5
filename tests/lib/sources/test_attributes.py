"""What others say of people: rows of a table against literal rows."""

from datetime import datetime
from typing import Any

from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.sources.intake import SilverParams, take_in
from motherlode.sources.source import Source
from tests.lib.sources.silver_cases import Outcome, nothing_yet, records_of
from tests.lib.sources.test_formats import hashed, picked

ENRICHED = Source(
    name="enriched",
    format="csv",
    path="enriched/*.csv",
    target="attributes",
    key=("mail", "what", "as_of"),
    identifiers={"email": "mail"},
    columns={"attribute": "what", "value": "said", "occurred_at": "as_of"},
    constants={"provider": "acme"},
)
ROWS = [
    "Ann@example.com,income_band,50-75K,2020-01-02",
    "ann@example.com,interests,call +14155552671 or bob@example.com,2020-01-02",
    "ann@example.com,income_band,,2020-02-02",
    "ann@example.com,,50-75K,2020-01-02",
    ",income_band,50-75K,2020-01-02",
    "Ann@example.com,income_band,50-75K,2020-01-02",
]


def test_attributes_of_people(spark: SparkSession) -> None:
    records = records_of(spark, "enriched", ROWS, "mail,what,said,as_of")
    before = nothing_yet(spark, silver.ATTRIBUTES)
    outcome = Outcome(silver.ATTRIBUTES, take_in(silver.ATTRIBUTES, records, before, SilverParams(sources=(ENRICHED,))))
    ann = hashed("email", "", "ann@example.com")
    expected: list[dict[str, Any]] = [
        {"attribute": "income_band", "value": "50-75K", "provider": "acme", "occurred_at": datetime(2020, 1, 2)},
        {"attribute": "interests", "value": "call [phone] or [email]", "provider": "acme"},
        {"attribute": "income_band", "value": None, "occurred_at": datetime(2020, 2, 2), "flags": []},
    ]
    rows = [row.asDict(recursive=True) for row in outcome.rows]
    assert [picked(row, one) for row, one in zip(rows, expected, strict=True)] == expected
    assert [row["identifiers"] for row in rows] == [[{"type": "email", "scope": "", "id": ann}]] * 3
    assert {row["offset"]: (row["rule"], row["path"]) for row in outcome.quarantine} == {
        3: ("required", "what"),
        4: ("required", "mail"),
    }
    assert [row["offset"] for row in outcome.duplicates] == [5]
