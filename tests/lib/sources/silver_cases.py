"""Raw records for tests, and the demo's sources by name."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Row, SparkSession

from motherlode.contracts import bronze
from motherlode.contracts.tables import Table
from motherlode.settings import load_sources
from motherlode.sources.intake import SilverParams, take_in

CONF = Path(__file__).resolve().parents[3] / "conf"
SOURCES = {source.name: source for source in load_sources(CONF, "America/New_York")}
PARAMS = SilverParams(sources=tuple(SOURCES.values()))
RECEIVED = datetime(2018, 3, 1)


def records_of(
    spark: SparkSession, source: str, raws: list[str], header: str | None = None, batch: int = 1, file: str = "a"
) -> DataFrame:
    """Records of one file, numbered by offset."""
    rows = [(source, batch, file, n, RECEIVED, RECEIVED.date(), header, raw) for n, raw in enumerate(raws)]
    return spark.createDataFrame(rows, bronze.RECORDS.schema)


def nothing_yet(spark: SparkSession, table: Table) -> DataFrame:
    return spark.createDataFrame([], table.schema)


class Outcome:
    """The three outputs of one intake, collected, by offset."""

    def __init__(self, target: Table, outputs: dict[str, DataFrame]) -> None:
        self.frames = outputs
        self.rows = outputs[target.name].orderBy("batch", "file", "offset").collect()
        self.duplicates = outputs[f"{target.name}_duplicates"].orderBy("batch", "file", "offset").collect()
        quarantine = outputs[f"{target.name}_quarantine"].orderBy("batch", "file", "offset").collect()
        self.quarantine = quarantine
        self.rules = {row["offset"]: row["rule"] for row in quarantine}
        self.offsets = [row["offset"] for row in self.rows]


def params_for(records: DataFrame) -> SilverParams:
    """Only the sources that the records are of: each source makes the plan larger, and the test slower."""
    names = {row["source"] for row in records.select("source").collect()}
    return SilverParams(sources=tuple(SOURCES[name] for name in sorted(names)))


def taken(target: Table, records: DataFrame, previous: DataFrame | None = None, **more: Any) -> Outcome:
    before = nothing_yet(records.sparkSession, target) if previous is None else previous
    return Outcome(target, take_in(target, records, before, params_for(records), **more))


def only(rows: list[Row]) -> dict[str, Any]:
    (row,) = rows
    return row.asDict(recursive=True)
