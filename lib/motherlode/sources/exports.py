"""Whole exports: what the newest of them lacks was deleted, and what it has again came back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from motherlode.checks.counts import given
from motherlode.contracts.exports import DELETIONS, EXPORTS
from motherlode.contracts.tables import Table
from motherlode.sources.intake import may_be_of
from motherlode.sources.registry import format_of, target_of
from motherlode.sources.source import Source

_FILE = ("source", "batch", "file")
_PART = ("source", "part")
_STANDS = ("is_standing", "was_standing")
_SAID = (
    "source string, part string, export string, batch long, newest_batch long, keys long, deleted long,"
    " returned long, standing string"
)
_DAY = r"(20\d\d-?[01]\d-?[0-3]\d)"


@dataclass(frozen=True)
class ExportParams:
    """What is made of whole exports.

    Args:
        sources: every conf/sources/*.toml.
        most_deleted: an export that lacks a larger share than this, 0 to 1, of what the one before it has is taken for
            a broken one and deletes nothing; one after it that is like it is believed.
        least_keys: where the one before has fewer it is believed anyway.
    """

    sources: tuple[Source, ...] = ()
    most_deleted: float = 0.5
    least_keys: int = 100

    def __post_init__(self) -> None:
        if not 0 <= self.most_deleted <= 1:
            raise ValueError("most_deleted must be a share from 0 to 1")

    @property
    def whole(self) -> list[Source]:
        """The sources that are exported whole."""
        return [source for source in self.sources if source.is_whole]


def names_of(table: Table) -> list[Column]:
    """What is read of a table beside addresses: row_id, key_id and claimed_on; null where it has no such thing."""
    return [given(table, "row_id", "string"), given(table, "key_id", "string"), given(table, "claimed_on", "date")]


def deletions(
    files: DataFrame,
    counts: DataFrame,
    flaws: DataFrame,
    rows: DataFrame,
    exports: DataFrame,
    before: DataFrame,
    params: ExportParams,
) -> dict[str, DataFrame]:
    """Rows of silver.exports and silver.deletions for what came since those of before.

    Which export is the newest is told by names, so that it does not matter in which order they came in; of a file that
    was written anew the last version is it.

    Args:
        files: bronze.files.
        counts: silver.quality_counts: what stands there was taken in, all of it.
        flaws: bronze.quarantine: an export of which a piece could not be read proves nothing.
        rows: addresses of the tables in silver.TARGETS, of their duplicates and quarantines, with `names_of` them.
        exports: silver.exports before.
        before: silver.deletions before.
    """
    if not params.whole:
        spark = files.sparkSession
        return {table.name: spark.createDataFrame([], table.schema) for table in (EXPORTS, DELETIONS)}
    delivered = _delivered(files, counts, flaws, params.whole).persist()
    parts = _parts_with_news(delivered, exports)
    # What came for the first time lacks nothing.
    asked = [part for part in parts if part["versions"] > 1 and not part["is_flawed"]]
    keys = _keys(delivered, rows, before, asked, params.whole).persist()
    sums = {(row["source"], row["part"]): row.asDict() for row in _sums(keys).collect()} if asked else {}
    said = [_said(part, sums.get((part["source"], part["part"])), params) for part in parts]
    return {
        EXPORTS.name: _exports(delivered, exports, said),
        DELETIONS.name: _changed(keys, said),
    }


def _delivered(files: DataFrame, counts: DataFrame, flaws: DataFrame, whole: list[Source]) -> DataFrame:
    """Each version of each file that was taken in: _FILE, received_at, part, export, is_flawed, is_standing (of the
    newest export, the last version) and was_standing (the same before the newest version came)."""
    names = [source.name for source in whole]
    taken = counts.where(F.col("source").isin(names)).select(*_FILE).distinct()
    broken = flaws.where(F.col("source").isin(names)).select(*_FILE).distinct().withColumn("is_flawed", F.lit(True))
    known = files.join(taken, on=list(_FILE), how="left_semi").join(broken, on=list(_FILE), how="left")
    part, export = F.lit(None).cast("string"), F.lit(None).cast("string")
    for source in whole:
        is_source = F.col("source") == source.name
        of_source, named = _part(source), _export(source)
        part, export = F.when(is_source, of_source).otherwise(part), F.when(is_source, named).otherwise(export)
    placed = known.select(
        *_FILE,
        F.col("modified_at").alias("received_at"),
        part.alias("part"),
        export.alias("export"),
        F.coalesce("is_flawed", F.lit(False)).alias("is_flawed"),
    ).where(F.col("part").isNotNull())
    # Versions of exports in their order: the last one stands, the one before it stood.
    rank = F.dense_rank().over(Window.partitionBy(*_PART).orderBy(F.desc("export"), F.desc("batch")))
    ranked = placed.withColumn("_rank", rank)
    for name, first in (("is_standing", 1), ("was_standing", 2)):
        of_part, of_file = Window.partitionBy(*_PART), Window.partitionBy(*_PART, "file")
        is_then = F.col("_rank") >= first
        export = F.max(F.when(is_then, F.col("export"))).over(of_part)
        batch = F.max(F.when(is_then & (F.col("export") == export), F.col("batch"))).over(of_file)
        stands = is_then & (F.col("export") == export) & (F.col("batch") == batch)
        ranked = ranked.withColumn(name, F.coalesce(stands, F.lit(False)))
    return ranked.drop("_rank")


def _part(source: Source) -> Column:
    if not format_of(source).whole_days:
        return F.lit("")
    name = F.regexp_extract("file", r"([^/]*)$", 1)
    day = F.regexp_replace(F.regexp_extract(name, _DAY, 1), "-", "")
    # What came in over the day is no whole day.
    is_whole = F.try_to_date(day, "yyyyMMdd").isNotNull() & ~F.contains(name, F.lit("intraday"))
    return F.when(is_whole, day)


def _export(source: Source) -> Column:
    folder = F.regexp_extract("file", r"^(.*)/[^/]*$", 1)
    return folder if format_of(source).whole_days or source.export == "full_folder" else F.col("file")


def _parts_with_news(delivered: DataFrame, exports: DataFrame) -> list[dict[str, Any]]:
    """Of each part of which something came: its newest export and that one's `batch`, the newest batch of all, the
    oldest that is compared, how many versions came, and whether that export is flawed. A few rows: parts, not files."""
    news = delivered.join(exports, on=[*_PART, "export", "batch"], how="left_anti").select(*_PART).distinct()
    stands = F.col("is_standing")
    found = delivered.join(F.broadcast(news), on=list(_PART), how="left_semi").groupBy(*_PART)
    return [
        row.asDict()
        for row in found.agg(
            F.max("export").alias("export"),
            F.max(F.when(stands, F.col("batch"))).alias("batch"),
            F.max("batch").alias("newest_batch"),
            F.count_distinct("export", "batch").alias("versions"),
            F.min(F.when(stands | F.col("was_standing"), F.col("batch"))).alias("oldest_batch"),
            F.bool_or(stands & F.col("is_flawed")).alias("is_flawed"),
        ).collect()
    ]


def _keys(
    delivered: DataFrame, rows: DataFrame, before: DataFrame, parts: list[dict[str, Any]], whole: list[Source]
) -> DataFrame:
    """target, source, part, key_id (null: of rows from before there were keys), `is_here` and `was_here` (in what
    stands, and stood before it) and `was_deleted`, of these parts."""
    spark = rows.sparkSession
    names = {part["source"] for part in parts}
    targets = {target_of(source).name for source in whole if source.name in names}
    oldest = min((part["oldest_batch"] for part in parts), default=0)
    asked = spark.createDataFrame([(part["source"], part["part"]) for part in parts], "source string, part string")
    of_parts = delivered.join(F.broadcast(asked), on=list(_PART), how="left_semi")
    versions = F.broadcast(of_parts.select(*_FILE, "part", *_STANDS))

    def found(suffix: str) -> DataFrame:
        # Literals let Delta skip files.
        of_tables = rows.where(F.col("table").isin(sorted(f"silver.{name}{suffix}" for name in targets)))
        near = of_tables.where(F.col("source").isin(sorted(names)) & _days(parts))
        return near.withColumn("target", F.regexp_extract("table", rf"^silver\.(.*?){suffix}$", 1))

    recent = F.col("batch") >= oldest
    repeats = found("_duplicates").where(recent).join(versions, on=list(_FILE), how="inner").groupBy("row_id")
    again = repeats.agg(*[F.max(name).alias(f"_{name}") for name in ("part", *_STANDS)])
    # Also what came first by a file that is no whole export, and again by one.
    placed = found("").join(versions, on=list(_FILE), how="left").join(again, on="row_id", how="left")
    taken = placed.withColumns(
        {
            "part": F.coalesce("part", "_part"),
            **{name: F.coalesce(F.greatest(name, f"_{name}"), F.lit(False)) for name in _STANDS},
        }
    ).where(F.col("part").isNotNull())
    broken = found("_quarantine").where(recent & F.col("key_id").isNotNull())
    unread = broken.join(versions, on=list(_FILE), how="inner")
    of_key = ["target", *_PART, "key_id", *_STANDS]
    # What is there and cannot be read was not deleted.
    everything = taken.select(*of_key, F.lit(True).alias("is_row")).unionByName(
        unread.select(*of_key, F.lit(False).alias("is_row"))
    )
    keys = everything.groupBy("target", *_PART, "key_id").agg(
        F.max("is_standing").alias("is_here"), F.max("was_standing").alias("was_here"), F.max("is_row").alias("is_row")
    )
    known = latest(before).select("target", "key_id", F.col("is_deleted").alias("was_deleted"))
    joined = keys.where("is_row").join(known, on=["target", "key_id"], how="left")
    was_deleted = F.coalesce("was_deleted", F.lit(False)).alias("was_deleted")
    return joined.select("target", *_PART, "key_id", "is_here", "was_here", was_deleted)


def _days(parts: list[dict[str, Any]]) -> Column:
    """Which rows can be of these parts, by the day that they claim; of some zone that lies beside the day of UTC."""
    if not all(part["part"] for part in parts):
        return F.lit(True)
    days = [datetime.strptime(part["part"], "%Y%m%d").date() for part in parts]
    return may_be_of(sorted({day + timedelta(days=beside) for day in days for beside in (-1, 0, 1)}))


def _sums(keys: DataFrame) -> DataFrame:
    here, stood = F.col("is_here"), ~F.col("was_deleted")
    of_part = keys.where(F.col("key_id").isNotNull()).groupBy(*_PART)
    sums = of_part.agg(
        F.count_if(here | stood).alias("keys"),
        F.count_if(~here & stood).alias("deleted"),
        F.count_if(here & ~stood).alias("returned"),
        F.count_if("was_here").alias("before"),
        F.count_if(F.col("was_here") & ~here).alias("lacking"),
    )
    unkeyed = keys.where(F.col("key_id").isNull()).select(*_PART).distinct().withColumn("is_unkeyed", F.lit(True))
    return sums.join(unkeyed, on=list(_PART), how="left")


def _said(part: dict[str, Any], sums: dict[str, Any] | None, params: ExportParams) -> dict[str, Any]:
    """What is to be said of a part's newest export."""
    standing = "newest"
    if part["is_flawed"]:
        standing = "broken"
    elif sums and sums["is_unkeyed"]:
        standing = "unkeyed"
    elif sums and sums["before"] >= params.least_keys and sums["lacking"] > params.most_deleted * sums["before"]:
        standing = "doubted"
    counts = sums or {"keys": None, "deleted": None, "returned": None}
    return {**part, **counts, "standing": standing}


def _exports(delivered: DataFrame, exports: DataFrame, said: list[dict[str, Any]]) -> DataFrame:
    each = delivered.groupBy(*_PART, "export", "batch").agg(F.max("received_at").alias("received_at"))
    new = each.join(exports, on=[*_PART, "export", "batch"], how="left_anti")
    standing = F.coalesce("standing", F.lit("older")).alias("standing")
    found = new.join(F.broadcast(_frame(delivered, said)), on=[*_PART, "export", "batch"], how="left")
    return found.select(*[standing if name == "standing" else name for name in EXPORTS.columns])


def _changed(keys: DataFrame, said: list[dict[str, Any]]) -> DataFrame:
    """Keys that are no longer where they were, or again, of parts whose newest export is believed."""
    believed = _frame(keys, [part for part in said if part["standing"] == "newest"])
    changed = keys.where(F.col("key_id").isNotNull() & (F.col("is_here") == F.col("was_deleted")))
    found = changed.join(F.broadcast(believed.select(*_PART, "newest_batch")), on=list(_PART), how="inner")
    # Of a key in two parts it counts where it is.
    of_key = found.groupBy("target", "key_id").agg(
        F.first("source").alias("source"),
        F.max("newest_batch").alias("batch"),
        (~F.max("is_here")).alias("is_deleted"),
    )
    return of_key.select(*DELETIONS.columns)


def _frame(beside: DataFrame, said: list[dict[str, Any]]) -> DataFrame:
    names = [name.partition(" ")[0] for name in _SAID.split(", ")]
    return beside.sparkSession.createDataFrame([tuple(part[name] for name in names) for part in said], _SAID)


def latest(told: DataFrame) -> DataFrame:
    """Of silver.deletions what holds: target, key_id, is_deleted."""
    return told.groupBy("target", "key_id").agg(F.max_by("is_deleted", "batch").alias("is_deleted"))
