"""The last complete business day."""

from datetime import date, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession

from motherlode.errors import UsageError
from motherlode.runner.calendar import last_complete_day
from motherlode.settings import Business

UTC = Business("UTC")


def records(spark: SparkSession, **days: int) -> DataFrame:
    """So many records at noon of each day of March 2020, written d1=3."""
    rows = [(datetime(2020, 3, int(day[1:]), 12),) for day, count in days.items() for _ in range(count)]
    return spark.createDataFrame(rows, "occurred_at timestamp")


def test_the_newest_day_may_still_be_going_on(spark: SparkSession) -> None:
    assert last_complete_day([records(spark, d1=4, d2=4, d3=2)], UTC) == date(2020, 3, 2)


def test_a_few_records_of_a_wrong_clock_do_not_count(spark: SparkSession) -> None:
    assert last_complete_day([records(spark, d1=40, d2=40, d3=40, d28=1)], UTC) == date(2020, 3, 2)


def test_sales_that_come_a_night_after_the_events_are_waited_for(spark: SparkSession) -> None:
    events, sales = records(spark, d1=4, d2=4, d3=4, d4=4), records(spark, d1=2, d2=2)
    assert last_complete_day([events, sales], UTC) == date(2020, 3, 1)


def test_what_ended_long_ago_is_not_waited_for(spark: SparkSession) -> None:
    sales, trial = records(spark, d10=4, d11=4, d12=4), records(spark, d3=9, d4=9)
    assert last_complete_day([sales, trial], UTC) == date(2020, 3, 11)
    assert last_complete_day([sales, trial], Business("UTC", awaited_days=8)) == date(2020, 3, 3)


def test_what_happens_now_and_then_is_not_waited_for(spark: SparkSession) -> None:
    sales, mailings = records(spark, d8=4, d9=4, d10=4, d11=4), records(spark, d1=9, d8=9)
    assert last_complete_day([sales, mailings], UTC) == date(2020, 3, 10)
    assert last_complete_day([mailings], UTC) == date(2020, 3, 7)


def test_a_business_day_is_one_of_its_zone(spark: SparkSession) -> None:
    late = spark.createDataFrame([(datetime(2020, 3, 2, 12) + timedelta(hours=11),)], "occurred_at timestamp")
    assert last_complete_day([late], UTC) == date(2020, 3, 1)
    assert last_complete_day([late], Business("Europe/Berlin")) == date(2020, 3, 2)


def test_nothing_taken_in_is_said(spark: SparkSession) -> None:
    with pytest.raises(UsageError, match="no day is complete"):
        last_complete_day([records(spark)], UTC)
