"""The job over small tables, and over empty ones."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.activation.report import JOB
from motherlode.contracts import features, serving, silver
from motherlode.contracts.tables import Table
from motherlode.report.params import ReportParams

AS_OF = date(2017, 3, 12)
VERSION = {"model_version": "1", "as_of": AS_OF}
ROWS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    serving.INGEST_ACCOUNTING.name: [
        {"source": "web", "batch": 1, "records_in": 12, "events": 10, "duplicates": 1, "quarantined": 1},
    ],
    silver.QUARANTINES["events"].name: [
        {"source": "web", "batch": 1, "file": "f", "offset": 0, "rule": "<b>type is known</b>", "record": "c2VjcmV0"},
    ],
    serving.RECOMMENDATIONS.name: [
        {
            **VERSION,
            "customer_id": "customer-with-a-long-id",
            "rank": 1,
            "product_id": "1",
            "product": "<i>MILK</i>",
            "score": 1.0,
            "is_repeat": True,
        },
    ],
    serving.CUSTOMER_PROFILE.name: [
        {
            **VERSION,
            "customer_id": "customer-with-a-long-id",
            "identifiers": 2,
            "first_seen_on": AS_OF,
            "last_seen_on": AS_OF,
            "orders": 7,
            "net": 70.5,
            "segment": "Loyal",
            "may_analyse": True,
            "may_personalise": True,
            "may_market": False,
        },
    ],
    serving.ASSOCIATION_RULES.name: [
        {
            **VERSION,
            "rule_id": "r",
            "antecedent": ["TEA"],
            "consequent": ["BISCUITS"],
            "baskets": 412,
            "support": 0.1,
            "confidence": 0.44,
            "lift": 3.2,
            "leverage": 0.01,
        },
    ],
    features.SESSIONS.name: [],
}


def frame(spark: SparkSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    return spark.createDataFrame([tuple(row.get(name) for name in table.columns) for row in rows], table.schema)


def report(spark: SparkSession, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    inputs = {
        name: frame(spark, table, rows.get(table.name, []))
        for name, table in JOB.reads.items()
        if isinstance(table, Table)
    }
    assert set(inputs) == set(JOB.reads)
    text = JOB.transform(**inputs, params=ReportParams(notice="Where it is from"), as_of=AS_OF)["report"]
    assert isinstance(text, str)
    return text


@pytest.fixture(scope="module")
def html(spark: SparkSession) -> str:
    return report(spark, ROWS)


def test_the_report_says_what_the_tables_hold(html: str) -> None:
    assert "1 source delivered 12 records in 1 batch: 83.3% were taken" in html
    assert '<td class="word">&lt;b&gt;type is known&lt;/b&gt;</td>' in html
    assert "&lt;i&gt;MILK&lt;/i&gt;" in html
    assert "7 baskets, $70 in all" in html
    assert "3.2 times as often as chance, in 412 baskets (44%)." in html
    assert "There are no sessions on web or app" in html
    assert "Where it is from" in html


def test_no_customer_and_no_record_is_named(html: str) -> None:
    assert "customer-with-a-long-id" not in html
    assert "c2VjcmV0" not in html


def test_a_first_run_without_data_makes_a_page(spark: SparkSession) -> None:
    text = report(spark, {})
    assert text.startswith("<!doctype html>")
    assert "No records have come in yet" in text
    assert "No model has been trained yet" in text


def test_every_quarantine_is_read() -> None:
    assert {f"{name}_quarantine" for name in silver.QUARANTINES} < set(JOB.reads)
