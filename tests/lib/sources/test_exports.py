"""Whole exports: what the newest lacks is deleted, what it has again comes back, whatever the order."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from motherlode.contracts.exports import DELETIONS, EXPORTS
from motherlode.errors import UsageError
from motherlode.settings import build_source
from motherlode.sources.exports import ExportParams, deletions, latest
from motherlode.sources.source import Source
from tests.lib.sources.silver_cases import CONF

ADDRESSES = (
    "table string, source string, batch long, file string, offset long, row_id string, key_id string, claimed_on date"
)
COLUMNS = {"order_id": "id", "occurred_at": "at", "line_no": "id", "quantity": "n", "net": "paid", "currency": "in"}
SALES = {
    "format": "csv",
    "path": "sales/*",
    "target": "order_lines",
    "channel": "store",
    "export": "full",
    "key": ["id"],
    "identifiers": {"user_id": "who"},
    "columns": COLUMNS,
}
GA4 = {"format": "ga4", "path": "ga4/*/*", "target": "events", "channel": "web"}
DATABASE = {"url": "jdbc:postgresql://db.example.com/shop", "table": "sales"}


def source_of(values: dict[str, Any], **other: Any) -> Source:
    given = {name: value for name, value in {**values, **other}.items() if value is not None}
    source: Source = build_source(CONF, "shop", given, "UTC", "shop.toml")
    return source


class Silver:
    """What silver holds of one source, batch by batch. A row is a text: its key and, after a colon, its content; !key
    cannot be read, and ?key was taken in when there were no keys."""

    def __init__(self, spark: SparkSession, source: Source, **params: float) -> None:
        self.spark, self.source = spark, source
        self.params = ExportParams(sources=(source,), **params)  # type: ignore[arg-type]
        self.files: list[tuple[Any, ...]] = []
        self.rows: list[tuple[Any, ...]] = []
        self.flaws: list[tuple[Any, ...]] = []
        self.exports = spark.createDataFrame([], EXPORTS.schema)
        self.told = spark.createDataFrame([], DELETIONS.schema)

    def take(self, batch: int, files: Mapping[str, str], broken: Collection[str] = (), day: date | None = None) -> None:
        """A batch of files, each with its rows in one text, and what is made of it."""
        known = {row[5] for row in self.rows}
        target = f"silver.{self.source.target}"
        for file, text in files.items():
            self.files.append(("shop", batch, file))
            for offset, row in enumerate(text.split()):
                here = ("shop", batch, file, offset)
                if row.startswith("!"):
                    self.rows.append((f"{target}_quarantine", *here, None, row[1:], None))
                elif row in known:
                    self.rows.append((f"{target}_duplicates", *here, row, None, None))
                else:
                    key = None if row.startswith("?") else row.partition(":")[0]
                    self.rows.append((target, *here, row, key, day))
                    known.add(row)
        self.flaws += [("shop", batch, file) for file in broken]
        made = self.compare()
        self.exports = self._kept(self.exports, made["exports"])
        self.told = self._kept(self.told, made["deletions"])

    def compare(self) -> dict[str, DataFrame]:
        spark, of_file = self.spark, "source string, batch long, file string"
        written = [(*file, datetime(2018, 2, 1)) for file in self.files]
        files = spark.createDataFrame(written, f"{of_file}, modified_at timestamp")
        # Of a file without a row nothing is counted.
        counted = sorted({row[1:4] for row in self.rows})
        return deletions(
            files,
            spark.createDataFrame(counted, of_file),
            spark.createDataFrame(self.flaws, of_file),
            spark.createDataFrame(self.rows, ADDRESSES),
            self.exports,
            self.told,
            self.params,
        )

    def _kept(self, before: DataFrame, more: DataFrame) -> DataFrame:
        rows = [*before.collect(), *more.collect()]
        self.spark.catalog.clearCache()
        return self.spark.createDataFrame(rows, before.schema)

    @property
    def gone(self) -> str:
        """The keys that are deleted."""
        return " ".join(sorted(row["key_id"] for row in latest(self.told).where("is_deleted").collect()))

    @property
    def said(self) -> list[tuple[Any, ...]]:
        """Batch, export, keys, deleted, returned, standing."""
        columns = ("batch", "export", "keys", "deleted", "returned", "standing")
        return sorted(tuple(row) for row in self.exports.select(*columns).collect())


def test_what_the_newest_export_lacks_is_deleted_and_can_come_back(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES))
    shop.take(1, {"2.csv": "a b c"})
    assert shop.gone == ""
    shop.take(2, {"3.csv": "a c d"})
    assert shop.gone == "b"
    # What changed is not gone. Of two that come at once the last by name counts, and one that comes late is older.
    shop.take(3, {"1.csv": "e d", "4.csv": "a", "5.csv": "a:new b"})
    assert shop.gone == "c d e"
    assert shop.said == [
        (1, "2.csv", None, None, None, "newest"),
        (2, "3.csv", 4, 1, 0, "newest"),
        (3, "1.csv", None, None, None, "older"),
        (3, "4.csv", None, None, None, "older"),
        (3, "5.csv", 5, 3, 1, "newest"),
    ]
    # One older still comes alone: nothing of it is there now.
    shop.take(4, {"0.csv": "f a"})
    assert shop.gone == "c d e f"
    assert shop.compare()["exports"].isEmpty() and shop.compare()["deletions"].isEmpty()


@pytest.mark.parametrize("batches", [(1, 1, 1), (3, 1, 2)])
def test_the_order_in_which_exports_come_decides_nothing(spark: SparkSession, batches: tuple[int, ...]) -> None:
    shop = Silver(spark, source_of(SALES))
    exports = {"1.csv": "a b c", "2.csv": "b d", "3.csv": "a e"}
    for batch in sorted(set(batches)):
        shop.take(batch, {name: rows for (name, rows), n in zip(exports.items(), batches, strict=True) if n == batch})
    assert shop.gone == "b c d"


def test_one_file_that_is_written_anew(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES))
    shop.take(1, {"all.csv": "a b"})
    shop.take(2, {"all.csv": "b c"})
    assert shop.gone == "a"
    # Most likely it failed: an empty table deletes nothing.
    shop.take(3, {"all.csv": ""})
    assert shop.gone == "a"


def test_files_of_a_folder_are_one_export(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES, export="full_folder"))
    shop.take(1, {"d1/0.csv": "a b", "d1/1.csv": "c"})
    # One after the other.
    shop.take(2, {"d2/0.csv": "a"})
    shop.take(3, {"d2/1.csv": "c d"})
    assert shop.gone == "b"
    shop.take(4, {"d2/0.csv": "b"})
    assert shop.gone == "a"


def test_what_cannot_be_read_or_lacks_too_much_deletes_nothing(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES), least_keys=3)
    shop.take(1, {"1.csv": "a b c d"})
    shop.take(2, {"2.csv": "a b c"}, broken=["2.csv"])
    shop.take(3, {"3.csv": "d"})
    assert shop.gone == ""
    # Each is held against the one before it.
    shop.take(4, {"3.csv": "c d"})
    assert shop.gone == "a b"
    assert [row[-1] for row in shop.said] == ["newest", "broken", "doubted", "newest"]


def test_a_wrong_table_is_doubted_and_a_second_one_like_it_believed(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES), least_keys=3)
    shop.take(1, {"1.csv": "a b c"})
    shop.take(2, {"2.csv": "x y z w"})
    assert shop.gone == ""
    shop.take(3, {"3.csv": "x y z"})
    assert shop.gone == "a b c w"


def test_what_went_long_ago_does_not_make_an_export_doubtful(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES), least_keys=3)
    shop.take(1, {"1.csv": "a b c d", "2.csv": "c d e f", "3.csv": "e f g h", "4.csv": "f g h"})
    assert shop.gone == "a b c d e"


def test_a_row_that_is_there_and_cannot_be_read_was_not_deleted(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES))
    shop.take(1, {"1.csv": "a b c"})
    shop.take(2, {"2.csv": "a !b !new"})
    assert shop.gone == "c"
    shop.take(3, {"3.csv": "a"})
    assert shop.gone == "b c"


def test_with_rows_from_before_there_were_keys_nothing_is_deleted(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES))
    shop.take(1, {"1.csv": "?a b"})
    shop.take(2, {"2.csv": "?a"})
    assert (shop.gone, shop.said[-1][-1]) == ("", "unkeyed")


def test_a_day_of_ga4_that_is_delivered_again_takes_its_place(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(GA4))
    day = date(2024, 1, 15)
    other = {"ga4/a/events_20240116.json": "x", "ga4/a/events_intraday_20240115.json": "i", "ga4/a/rest.json": "r"}
    shop.take(1, {"ga4/a/events_20240115-0.json": "v p", "ga4/a/events_20240115-1.json": "s", **other}, day=day)
    # A shard is written anew; then all of the day comes elsewhere, in one piece.
    shop.take(2, {"ga4/a/events_20240115-0.json": "p c"}, day=day)
    assert shop.gone == "v"
    shop.take(3, {"ga4/b/events-2024-01-15.json": "p k"}, day=day)
    assert shop.gone == "c s v"
    # What came over the day first is of that day all the same, once a file of it had it.
    shop.take(4, {"ga4/b/events-2024-01-15.json": "p i"}, day=day)
    shop.take(5, {"ga4/b/events-2024-01-15.json": "p"}, day=day)
    assert shop.gone == "c i k s v"


def test_a_delta_lacks_nothing(spark: SparkSession) -> None:
    shop = Silver(spark, source_of(SALES, export="delta"))
    shop.take(1, {"1.csv": "a b"})
    shop.take(2, {"2.csv": "a"})
    assert (shop.gone, shop.said) == ("", [])


@pytest.mark.parametrize(
    ("values", "is_whole"),
    [
        (SALES, True),
        ({**SALES, "export": None}, False),
        (GA4, True),
        ({**GA4, "export": "delta"}, False),
        ({**GA4, "path": None, "kafka": {"servers": "localhost:9092", "topic": "ga4"}}, False),
        ({**SALES, "path": None, "format": "jdbc", "export": None, "database": DATABASE}, True),
        ({**SALES, "path": None, "format": "jdbc", "export": "delta", "database": DATABASE}, False),
        ({**SALES, "path": None, "format": "jdbc", "export": None, "database": {**DATABASE, "cursor": "at"}}, False),
    ],
)
def test_which_sources_are_exported_whole(values: dict[str, Any], is_whole: bool) -> None:
    assert source_of(values).is_whole is is_whole


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({**SALES, "export": "all"}, "export: all is unknown; known: delta, full, full_folder"),
        ({**GA4, "export": "full"}, "export: only a source of tables says so; format ga4 knows its own"),
        (
            {**SALES, "path": None, "format": "jdbc", "database": {**DATABASE, "cursor": "at"}},
            "export full: what has a cursor, or a topic, is never taken whole",
        ),
        (
            {**SALES, "path": None, "format": "jdbc", "export": "full_folder", "database": DATABASE},
            "export full_folder: only files lie in folders; write full",
        ),
    ],
)
def test_what_contradicts_itself_is_said(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        source_of(values)
