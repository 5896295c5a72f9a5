"""Every record counts once."""

from pyspark.sql import DataFrame, SparkSession

from jobs.serving import ingest_accounting
from motherlode.contracts import serving
from motherlode.serving.accounting import unbalanced

SCHEMA = "table string, source string, batch long, file string, offset long"


def account(spark: SparkSession, *rows: tuple[str, str, int, str, int]) -> DataFrame:
    found = ingest_accounting.transform(spark.createDataFrame(rows, SCHEMA))[serving.INGEST_ACCOUNTING.name]
    assert isinstance(found, DataFrame)
    assert set(found.columns) == set(serving.INGEST_ACCOUNTING.columns)
    return found.persist()


def counted(accounts: DataFrame) -> set[tuple[str, int, int, int, int, int]]:
    columns = ("source", "batch", "records_in", "events", "duplicates", "quarantined")
    return {tuple(row) for row in accounts.select(*columns).collect()}  # type: ignore[misc]


def test_each_record_is_counted_once(spark: SparkSession) -> None:
    accounts = account(
        spark,
        # shop: an order of two lines, a repeat, a broken one, and one whose bytes could not be read
        *[("bronze.records", "shop", 1, "a.json", offset) for offset in (0, 10, 20)],
        ("bronze.quarantine", "shop", 1, "b.json", 0),
        *[("silver.order_lines", "shop", 1, "a.json", 0)] * 2,
        ("silver.order_lines_duplicates", "shop", 1, "a.json", 10),
        ("silver.order_lines_quarantine", "shop", 1, "a.json", 20),
        # the same offset of another file, batch and source is another record
        ("bronze.records", "shop", 2, "c.json", 0),
        ("silver.events", "shop", 2, "c.json", 0),
        ("bronze.records", "crm", 1, "a.json", 0),
        # a record for two tables, of which one took it and one had it before
        ("silver.customers_duplicates", "crm", 1, "a.json", 0),
        ("silver.consents", "crm", 1, "a.json", 0),
    )
    assert counted(accounts) == {("shop", 1, 4, 1, 1, 2), ("shop", 2, 1, 1, 0, 0), ("crm", 1, 1, 1, 0, 0)}
    assert unbalanced(accounts).count() == 0


def test_a_lost_record_shows(spark: SparkSession) -> None:
    accounts = account(
        spark,
        ("bronze.records", "shop", 1, "a.json", 0),
        ("bronze.records", "shop", 1, "a.json", 10),
        ("silver.events", "shop", 1, "a.json", 0),
    )
    assert counted(unbalanced(accounts)) == {("shop", 1, 2, 1, 0, 0)}


def test_what_bronze_no_longer_holds_is_not_accounted_for(spark: SparkSession) -> None:
    assert counted(account(spark, ("silver.events", "shop", 1, "a.json", 0))) == set()
