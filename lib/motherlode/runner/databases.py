"""Tables of databases, as files that grow: the driver lists how far they go, executors read ranges of them.

The manifest says which range of a cursor belongs to which batch. A row that changes leaves its range for a later one,
so a batch that is read again lacks no more than what another will have; once bronze holds it, it is not read again.
"""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise

import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from motherlode.errors import UsageError
from motherlode.runner.contents import SCHEMA
from motherlode.runner.jdbc import Axis, Connection, connected, micros, place_of, properties, spark_options
from motherlode.runner.listed import ALWAYS, listed
from motherlode.settings import Ingest
from motherlode.sources.source import Database, Source
from motherlode.sources.split import KEPT_BYTES, too_long

FETCH_ROWS = "10000"
"""That a connection holds at a time: drivers may otherwise hold all."""
_ALL = "1 = 1"


def list_tables(spark: SparkSession, sources: tuple[Source, ...]) -> pa.Table:
    """How far each source's table goes now, in the columns of LISTED.

    Raises:
        UnavailableError: a database does not answer.
        UsageError: it has no such table or column, lets nobody in, or its driver is not there.
    """
    now = datetime.now(UTC)
    rows = []
    for source in sources:
        if source.database is None:
            continue
        with connected(spark, source, source.database) as connection:
            rows.append((source.name, source.database.file, *_listing(connection, source, source.database, now)))
    return listed(rows)


def _listing(
    connection: Connection, source: Source, database: Database, now: datetime
) -> tuple[int, datetime, int | None, int | None, int | None]:
    """The columns of LISTED from `size` on."""
    if not database.cursor:
        return 0, _due(database, now), None, None, None
    axis = connection.axis("cursor")
    end = axis.ceiling
    if axis.is_time:
        if not axis.is_zoned and source.zone != "UTC":
            raise UsageError(
                f"{place_of(source)}: database.cursor: {database.cursor} is a wall clock's, an hour of which comes"
                ' twice each autumn: name a column that knows its zone, or say zone = "UTC" if it holds that'
            )
        end = micros(now - timedelta(seconds=database.settle_seconds))
    (newest,) = connection.ask(f"max({axis.sql})", axis.within(axis.lowest, end))
    size = axis.lowest if newest is None else axis.value(newest) + 1
    return size, ALWAYS, axis.lowest, None, 0 if axis.is_time else database.overlap


def _due(database: Database, now: datetime) -> datetime:
    """When the period began in which a whole table is taken once."""
    period = timedelta(hours=database.every_hours)
    return now - (now - ALWAYS) % period if period else now


def read_tables(manifest: DataFrame, sources: tuple[Source, ...], ingest: Ingest) -> DataFrame:
    """Every row that the manifest's rows name, as a record, and every flaw, in the columns of SCHEMA.

    Args:
        manifest: rows of bronze.files that are of a table: as many as tables and batches.

    Raises:
        UnavailableError: a database does not answer.
        UsageError: it has no such table or column, lets nobody in, or its driver is not there.
    """
    spark = manifest.sparkSession
    tables = {source.name: (source, source.database) for source in sources if source.database is not None}
    frames = [spark.createDataFrame([], SCHEMA)]
    for row in manifest.orderBy("source", "batch").collect():
        source, database = tables[row["source"]]
        if row["file"] != database.file:
            raise UsageError(
                f"{source.name}: {row['file']} was listed and not yet read, and conf/sources names {database.file}: put"
                " its file back, run, then change it"
            )
        with connected(spark, source, database) as connection:
            frames += [_flaws(spark, connection, database, row)]
            frames += [_records(_rows(spark, connection, database, row), connection, row, ingest)]
    return reduce(DataFrame.unionByName, frames)


def _rows(spark: SparkSession, connection: Connection, database: Database, row: Row) -> DataFrame:
    """The table's rows, their columns as texts, in as many partitions as connections."""
    texts = ", ".join(f"{_backticked(name)} string" for name in connection.columns)
    options = {**spark_options(database), "fetchsize": FETCH_ROWS, "customSchema": texts}
    return spark.read.jdbc(
        database.url,
        connection.table,
        predicates=_conditions(connection, database, row),
        properties={**properties(database), **options},
    )


def _conditions(connection: Connection, database: Database, row: Row) -> list[str]:
    whole = _ALL
    if database.cursor:
        whole = connection.axis("cursor").within(row["first"], row["first"] + row["size"])
    if database.partitions == 1:
        return [whole]
    axis = connection.axis("partition_by" if database.partition_by else "cursor")
    reached = axis.within(axis.lowest, axis.ceiling)
    low, high = connection.ask(f"min({axis.sql}), max({axis.sql})", f"{whole} AND {reached}")
    if low is None or high is None:
        return [whole]
    return [f"{whole} AND ({part})" for part in parts(axis, axis.value(low), axis.value(high), database.partitions)]


def parts(axis: Axis, low: int, high: int, count: int) -> list[str]:
    """At most `count` conditions, one of which holds for each row; the bounds only say how to cut evenly."""
    step = -(-(high - low + 1) // count)
    cuts = list(range(low + step, high + 1, step))
    if not cuts:
        return [_ALL]
    first = f"{axis.sql} < {axis.literal(cuts[0])} OR {axis.sql} IS NULL"
    middle = [axis.within(begin, end) for begin, end in pairwise(cuts)]
    return [first, *middle, f"{axis.sql} >= {axis.literal(cuts[-1])}"]


def _records(rows: DataFrame, connection: Connection, row: Row, ingest: Ingest) -> DataFrame:
    """Each row as one JSON object; its offset is a number that no other row of the batch has."""
    named = [F.col(_backticked(name)) for name in connection.columns]
    written = rows.select(
        F.monotonically_increasing_id().alias("offset"),
        F.to_json(F.struct(*named), {"ignoreNullFields": "false"}).alias("record"),
    )
    record, length = F.encode("record", "UTF-8"), F.octet_length("record")
    is_long = length > ingest.max_record_bytes
    digest = F.concat(length.cast("string"), F.lit(" bytes, SHA-256 "), F.sha2(record, 256))
    return written.select(
        F.lit(row["source"]).alias("source"),
        F.lit(row["batch"]).cast("long").alias("batch"),
        F.lit(row["file"]).alias("file"),
        F.lit(datetime.now(UTC)).alias("received_at"),
        "offset",
        F.lit(None).cast("string").alias("header"),
        F.when(~is_long, F.col("record")).alias("raw"),
        F.when(is_long, F.lit("record_too_long")).alias("rule"),
        F.when(is_long, digest).alias("found"),
        F.when(is_long, F.lit(too_long(ingest.max_record_bytes))).alias("allowed"),
        F.when(is_long, F.substring(record, 1, KEPT_BYTES)).alias("content"),
    )


def _flaws(spark: SparkSession, connection: Connection, database: Database, row: Row) -> DataFrame:
    """Rows that no range of the cursor reaches stay in the database: each batch says how many."""
    flaws = []
    if database.cursor:
        axis = connection.axis("cursor")
        (count,) = connection.ask("count(*)", axis.never)
        if int(count or 0):
            allowed = f"a value of {database.cursor}, without which a row is never new: {int(count or 0)} have none"
            address = (row["source"], row["batch"], row["file"], datetime.now(UTC), -1)
            flaws.append((*address, None, None, "cursor_unusable", None, allowed, b""))
    return spark.createDataFrame(flaws, SCHEMA)


def _backticked(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
