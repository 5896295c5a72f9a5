"""Amounts of several currencies in one."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from motherlode.contracts import silver
from motherlode.errors import Exit
from motherlode.features.currency import in_currency
from motherlode.runner.failure import explain_failure
from tests.lib.identity.rows import at, rows

RATES = [
    ("CHF", "2020-01-01", 0.9, "2020-01-01"),
    ("CHF", "2020-02-01", 0.8, "2020-02-01"),
    # Corrected the day after.
    ("CHF", "2020-02-01", 1.5, "2020-02-02"),
    ("GBP", "2020-01-01", 2.0, "2020-01-01"),
]
LINES = [
    ("EUR", "2019-01-01", "10"),
    ("CHF", "2020-01-01", "10"),
    ("CHF", "2020-01-31", "-10.01"),
    ("CHF", "2020-02-01", "10"),
    ("CHF", "2021-01-01", "10"),
    ("GBP", "2020-01-02", "0.3333"),
]


def lines(spark: SparkSession, given: list[tuple[str, str, str]]) -> DataFrame:
    made = [
        {"row_id": str(n), "currency": currency, "occurred_on": date.fromisoformat(day), "net": Decimal(net)}
        for n, (currency, day, net) in enumerate(given)
    ]
    return rows(spark, silver.ORDER_LINES, made)


def rates(spark: SparkSession) -> DataFrame:
    made: list[dict[str, Any]] = [
        {"row_id": str(n), "currency": currency, "day": date.fromisoformat(day), "rate": rate, "known_at": at(known)}
        for n, (currency, day, rate, known) in enumerate(RATES)
    ]
    return rows(spark, silver.EXCHANGE_RATES, made)


def test_each_amount_is_worth_what_it_was_on_its_day(spark: SparkSession) -> None:
    found = in_currency(lines(spark, LINES), rates(spark), "EUR")
    assert [row["net"] for row in found.orderBy("row_id").collect()] == [
        Decimal("10.0000"),
        Decimal("9.0000"),
        Decimal("-9.0090"),
        Decimal("15.0000"),
        Decimal("15.0000"),
        Decimal("0.6666"),
    ]
    assert sorted(found.columns) == sorted(silver.ORDER_LINES.columns)


def test_without_a_currency_amounts_stay_as_they_are(spark: SparkSession) -> None:
    given = lines(spark, LINES)
    assert in_currency(given, rates(spark), "") is given


@pytest.mark.parametrize("missing", [("CHF", "2019-12-31", "1"), ("JPY", "2020-06-01", "1")])
def test_an_amount_without_a_rate_stops_the_run_and_says_what_to_do(
    spark: SparkSession, missing: tuple[str, str, str]
) -> None:
    found = in_currency(lines(spark, [*LINES, missing]), rates(spark), "EUR")
    said = f"silver.exchange_rates has no rate for {missing[0]} on {missing[1]} into EUR"
    with pytest.raises(PySparkException, match=said) as caught:
        found.collect()
    line, code = explain_failure(caught.value)
    assert line.startswith(said)
    assert line.endswith("add a source with target exchange_rates, or quarantine it in conf/cleansing.toml")
    assert code is Exit.QUALITY
