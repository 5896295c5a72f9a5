"""Scores and limits, against literals."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from motherlode.checks.quality import Limit, QualityParams, judged
from motherlode.contracts import quality
from motherlode.errors import Exit, UsageError
from motherlode.runner.failure import explain_failure
from motherlode.sources.source import Source

MONDAY, TUESDAY = date(2017, 3, 6), date(2017, 3, 7)
PARAMS = QualityParams(warn_below=0.9, stop_below=0.5, least_records=10)
COLUMNS = ("records", "events", "duplicates", "quarantined", "flagged", "missing", "late", "score", "standing")
Rows = list[tuple[Any, ...]]


def of(day: date, batch: int, file: str, is_whole: bool = True, source: str = "web", **records: int) -> Rows:
    """Counts of a file: taken, repeated, broken, flagged, missing, late."""
    named = {
        "taken": [("taken", "any", "")],
        "repeated": [("repeated", "any", "")],
        "broken": [("quarantined", "required", "type")],
        "flagged": [("flagged", "any", ""), ("flagged", "clock_off", "")],
        "missing": [("missing", "missing", "page")],
        "late": [("late", "any", "")],
    }
    return [(source, batch, file, *finding, day, is_whole, n) for name, n in records.items() for finding in named[name]]


def judge(spark: SparkSession, rows: Rows, params: QualityParams = PARAMS) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = judged(spark.createDataFrame(rows, quality.COUNTS.schema), params)
    assert found.columns == quality.DATA_QUALITY.columns
    return {(row["source"], row["day"], row["rule"], row["field"]): row.asDict() for row in found.collect()}


def test_a_day_is_scored_in_all_and_by_rule(spark: SparkSession) -> None:
    rows = [
        *of(MONDAY, 1, "a", taken=60, repeated=10, broken=5, flagged=3, missing=30, late=7),
        *of(MONDAY, 1, "b", taken=20, broken=5),
    ]
    found = judge(spark, rows)
    shown = {key[2:]: tuple(row[name] for name in COLUMNS) for key, row in found.items()}
    assert shown == {
        ("any", ""): (100, 80, 10, 10, 3, 30, 7, pytest.approx(0.87), "warn"),
        ("required", "type"): (100, 80, 10, 10, 0, 0, 7, pytest.approx(0.9), "ok"),
        ("clock_off", ""): (100, 80, 10, 0, 3, 0, 7, pytest.approx(0.97), "ok"),
        ("missing", "page"): (100, 80, 10, 0, 0, 30, 7, pytest.approx(1 - 30 / 80), "ok"),
    }
    assert {key[2:]: row["finding"] for key, row in found.items()} == {
        ("any", ""): "web on 2017-03-06: 13.0% of 100 records break a rule, most of them required (type)",
        ("required", "type"): "web on 2017-03-06: 10.0% of 100 records break required (type)",
        ("clock_off", ""): "web on 2017-03-06: 3.0% of 100 records break clock_off",
        ("missing", "page"): "web on 2017-03-06: 37.5% of 80 records have no page",
    }
    assert {row["warn_below"] for row in found.values()} == {0.9, None}


def test_a_stop_is_one_line_that_says_what_to_do(spark: SparkSession) -> None:
    rows = [
        *of(MONDAY, 2, "a", taken=40, broken=60),
        *of(MONDAY, 2, "c", source="crm", taken=49, broken=51),
        *of(MONDAY, 2, "s", source="shop", taken=100),
    ]
    with pytest.raises(PySparkException) as error:
        judge(spark, rows)
    assert explain_failure(error.value) == (
        "web on 2017-03-06: 60.0% of 100 records break a rule, most of them required (type); at most 50.0% may"
        " (stop_below = 0.5); and 1 more. What came in is kept: mend the source, or change the limit ([quality] in"
        " conf/), and run again",
        Exit.QUALITY,
    )


def test_what_came_before_does_not_stop(spark: SparkSession) -> None:
    bad = of(MONDAY, 1, "a", taken=40, broken=60)
    found = judge(spark, bad + of(TUESDAY, 2, "b", taken=100))
    standings = {key[1]: (row["standing"], row["is_newest"]) for key, row in found.items() if key[2] == "any"}
    assert standings == {MONDAY: ("stop", False), TUESDAY: ("ok", True)}
    # More for the same day, and of another source: Monday is judged as a whole.
    for more in (of(MONDAY, 2, "b", taken=10), of(TUESDAY, 2, "b", source="crm", taken=100)):
        with pytest.raises(PySparkException):
            judge(spark, bad + more)


def test_a_file_written_anew_takes_the_place_of_the_broken_one(spark: SparkSession) -> None:
    found = judge(spark, of(MONDAY, 1, "a", taken=40, broken=60) + of(MONDAY, 2, "a", taken=60, repeated=40))
    assert found["web", MONDAY, "any", ""]["score"] == 1
    assert ("web", MONDAY, "required", "type") not in found
    messages = of(MONDAY, 1, "topic/0", False, taken=90, broken=10) + of(MONDAY, 2, "topic/0", False, taken=100)
    assert judge(spark, messages)["web", MONDAY, "any", ""]["records"] == 200


def test_the_last_limit_that_fits_counts(spark: SparkSession) -> None:
    rows = of(MONDAY, 1, "a", taken=40, broken=60, missing=10)
    let_pass = Limit(source="web", day=MONDAY, warn_below=0, stop_below=0)
    of_pages = Limit(rule="missing", field="page", warn_below=0.95)
    found = judge(spark, rows, replace(PARAMS, limits=(Limit(stop_below=0.9), let_pass, of_pages)))
    assert {key[2]: (row["warn_below"], row["stop_below"], row["standing"]) for key, row in found.items()} == {
        "any": (0.0, 0.0, "ok"),
        "required": (None, None, "ok"),
        "missing": (0.95, None, "warn"),
    }
    for limits in ((let_pass, Limit(stop_below=0.9)), (Limit(rule="required", stop_below=0.5), let_pass)):
        with pytest.raises(PySparkException, match=r"60\.0% of 100 records break"):
            judge(spark, rows, replace(PARAMS, limits=limits))


def test_few_records_are_not_judged(spark: SparkSession) -> None:
    found = judge(spark, of(MONDAY, 1, "a", taken=1, broken=8))
    assert found["web", MONDAY, "any", ""]["standing"] == "ok"


def test_limits_are_shares_and_name_a_source_that_there_is() -> None:
    with pytest.raises(ValueError, match=r"shares of 0 to 1"):
        QualityParams(warn_below=90)
    with pytest.raises(ValueError, match=r"shares of 0 to 1"):
        Limit(stop_below=-1)
    source = Source(name="web", format="segment", path="web/*", target="events", channel="web")
    with pytest.raises(UsageError, match=r"quality\.limits: source shop is unknown; known: web"):
        QualityParams(sources=(source,), limits=(Limit(source="shop"),))
