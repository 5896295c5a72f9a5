"""Raw records into silver: parsed, hashed, repeats and broken records apart. The same way for every target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from phonenumbers import SUPPORTED_REGIONS
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from motherlode.checks.declared import Rule, check_rules, cleansed
from motherlode.checks.rules import first_problem, implausible, problem
from motherlode.columns.cipher import encrypted
from motherlode.contracts import silver
from motherlode.contracts.bronze import ADDRESS_COLUMNS
from motherlode.contracts.tables import Table
from motherlode.sources.hashing import hashed
from motherlode.sources.parsed import ruled_fields
from motherlode.sources.registry import format_of, has_contacts, target_of
from motherlode.sources.source import Source

ACCEPTED, REPEATED, BROKEN = "accepted", "repeated", "broken"
_RIVALS = ("key_id", "row_id", "identifier", "occurred_on", "known_at", "batch")
MOST_DAYS = 400
"""Days that are looked for one by one; of more, all from the first to the last."""


@dataclass(frozen=True)
class SilverParams:
    """How raw records become rows.

    Args:
        sources: every conf/sources/*.toml.
        rules: those of conf/cleansing.toml.
        region: two letters, of phone numbers without a country.
    """

    sources: tuple[Source, ...] = ()
    rules: tuple[Rule, ...] = ()
    region: str = "US"

    def __post_init__(self) -> None:
        if self.region not in SUPPORTED_REGIONS:
            raise ValueError(f"region {self.region!r} is none of phone numbers: write it as US, DE or GB")
        check_rules(self.rules, {target.name: ruled_fields(target) for target in silver.TARGETS})

    def of(self, target: Table) -> list[Source]:
        """The sources whose records become rows of a target."""
        return [source for source in self.sources if target_of(source) is target]

    def with_contacts(self) -> list[Source]:
        """The sources whose records can hold contact points."""
        return [source for source in self.sources if has_contacts(source)]


def of_target(target: Table) -> Callable[[SilverParams], Column]:
    """Which raw records a target takes: those of its sources, so that no other partition of bronze is read."""
    return lambda params: _records_of(params.of(target))


def with_contacts(params: SilverParams) -> Column:
    """Which raw records can hold contact points."""
    return _records_of(params.with_contacts())


def _records_of(sources: list[Source]) -> Column:
    return F.col("source").isin([source.name for source in sources])


def take_in(
    target: Table,
    records: DataFrame,
    previous: DataFrame,
    params: SilverParams,
    campaigns: DataFrame | None = None,
    gone: DataFrame | None = None,
) -> dict[str, DataFrame]:
    """The rows of `target`, its duplicates and its quarantine, by table name. Each record of a source with this
    target lands in exactly one of them. Of events also those that are superseded now.

    Args:
        previous: what the target held before; empty at first.
        campaigns: silver.campaigns, for sources whose records happen when their campaign starts.
        gone: silver.superseded_events, as it was before.
    """
    sources = params.of(target)
    if not sources:
        return _nothing(target, records)
    parsed = reduce(
        DataFrame.unionByName,
        [format_of(source).parse(records.where(F.col("source") == source.name), source, target) for source in sources],
    )
    if campaigns is not None:
        parsed = _campaign_times(parsed, campaigns, [source for source in sources if source.time_from])
    parsed = cleansed(parsed, [rule for rule in params.rules if rule.table == target.name])
    named = hashed(parsed, target, params.region)
    if target is silver.ORDER_LINES:
        named = named.withColumn("lines", _named_lines(F.col("row_id")))
        named = named.withColumn("row_id", F.coalesce(F.get("lines", F.lit(0))["row_id"], F.col("row_id")))
    judged = _judged(named, previous, target).persist()
    found = _outputs(judged, target)
    if gone is not None:
        accepted = judged.where(F.col("verdict") == ACCEPTED)
        found[silver.SUPERSEDED_EVENTS.name] = superseded(accepted, previous, gone)
    return found


def _outputs(judged: DataFrame, target: Table) -> dict[str, DataFrame]:
    return {
        target.name: _rows(judged.where(F.col("verdict") == ACCEPTED), target),
        silver.DUPLICATES[target.name].name: judged.where(F.col("verdict") == REPEATED).select(
            *ADDRESS_COLUMNS, "row_id"
        ),
        silver.QUARANTINES[target.name].name: judged.where(F.col("verdict") == BROKEN).select(
            *ADDRESS_COLUMNS,
            "problem.*",
            "key_id",
            encrypted(F.col("raw")).alias("record"),
            encrypted(F.col("header")).alias("header"),
            "received_at",
        ),
    }


def first_of_each(rows: DataFrame, previous: DataFrame) -> DataFrame:
    """Adds `is_first`: of the rows with one row_id, the first by known_at, file and offset, unless `previous` has it.

    Of `previous` one column is read, of the days alone that the rows claim, where the table has them: two deliveries
    of one record may differ in all other times.
    """
    by = ("_rivals", "row_id") if "_rivals" in rows.columns else ("row_id",)
    order = Window.partitionBy(*by).orderBy("known_at", "source", "file", "offset", "batch")
    numbered = rows.withColumn("_number", F.row_number().over(order))
    # The batch is small beside what there is: Spark broadcasts its names.
    known = _of_days_in(rows, previous).select("row_id").join(rows.select("row_id"), on="row_id", how="left_semi")
    before = known.withColumn("_before", F.lit(True))
    joined = numbered.join(before, on="row_id", how="left")
    is_first = (F.col("_number") == 1) & F.col("_before").isNull()
    return joined.withColumn("is_first", is_first).drop("_number", "_before")


def superseded(accepted: DataFrame, previous: DataFrame, gone: DataFrame) -> DataFrame:
    """Rows of silver.superseded_events: of each key all rows but the one known last, unless they are there already.

    Of those known at one time the one whose row_id is greatest stands.

    Args:
        accepted: new rows, with `is_contested`: whether another of them has the same key.
        previous: silver.events before; of it the days alone are read that the new rows claim. A version of an event
            that claims another day is left to upkeep.
        gone: silver.superseded_events before.
    """
    keys = accepted.select("key_id")
    there = _of_days_in(accepted, previous).select(*_RIVALS).join(keys, on="key_id", how="left_semi").persist()
    # Few: the shuffles below are of what is contested alone.
    contested = there.select("key_id").union(accepted.where("is_contested").select("key_id")).distinct()
    new = accepted.select(*_RIVALS).join(F.broadcast(contested), on="key_id", how="left_semi")
    return _outdone(new.unionByName(there), gone)


def superseded_on_other_days(events: DataFrame, gone: DataFrame, after: int) -> DataFrame:
    """Rows of silver.superseded_events that intake could not find: the later version claims another day.

    It reads a few columns of all events, and shuffles them by key.

    Args:
        events, gone: silver.events and silver.superseded_events.
        after: of the batches that came after that one something is new; older ones were looked at before.
    """
    keys = events.where(F.col("batch") > after).select("key_id").distinct()
    return _outdone(events.select(*_RIVALS).join(keys, on="key_id", how="left_semi"), gone)


def _outdone(rivals: DataFrame, gone: DataFrame) -> DataFrame:
    """Of all that is known of some keys, what does not stand, and was not said to."""
    stands = F.max(F.struct("known_at", "row_id", "batch")).over(Window.partitionBy("key_id"))
    judged = rivals.withColumn("_stands", stands).where(F.col("row_id") != F.col("_stands.row_id"))
    named = judged.withColumns(
        {"by_row_id": F.col("_stands.row_id"), "batch": F.greatest(F.col("batch"), F.col("_stands.batch"))}
    )
    return named.join(gone.select("row_id"), on="row_id", how="left_anti").select(*silver.SUPERSEDED_EVENTS.columns)


def _of_days_in(rows: DataFrame, previous: DataFrame) -> DataFrame:
    """What can hold a repeat of a row; literals let Delta skip files. Rows without a day, and those that were written
    before there were days, may be of any."""
    if "claimed_on" not in previous.columns:
        return previous
    (found,) = rows.agg(F.collect_set("claimed_on").alias("days")).collect()
    return previous.where(may_be_of(sorted(found["days"])))


def may_be_of(days: Sequence[date]) -> Column:
    """Whether a row claims one of these days, in their order, or none."""
    claimed = F.col("claimed_on")
    if not days:
        return claimed.isNull()
    return claimed.isNull() | (claimed.isin(*days) if len(days) <= MOST_DAYS else claimed.between(days[0], days[-1]))


def _judged(named: DataFrame, previous: DataFrame, target: Table) -> DataFrame:
    """Adds `verdict`, and occurred_on where the target has it."""
    # The record itself is needed for quarantine alone, and would weigh on what is kept in memory.
    whole = {name: F.when(F.col("problem").isNotNull(), F.col(name)) for name in ("raw", "header")}
    kept = named.withColumns(whole).drop("contacts").withColumn("occurred_on", F.to_date("occurred_at"))
    if target is silver.EVENTS:
        # A record that is not taken rivals nobody. First, for one shuffle serves both windows.
        of_key = Window.partitionBy("_rivals")
        kept = kept.withColumn("_rivals", F.when(F.col("problem").isNull(), F.col("key_id")).otherwise(F.col("row_id")))
        kept = kept.withColumn("is_contested", F.min("row_id").over(of_key) != F.max("row_id").over(of_key))
    numbered = first_of_each(kept.persist(), previous)
    return numbered.withColumn(
        "verdict",
        F.when(F.col("problem").isNotNull(), BROKEN).when(F.col("is_first"), ACCEPTED).otherwise(REPEATED),
    ).drop("is_first")


def _rows(accepted: DataFrame, target: Table) -> DataFrame:
    if target is not silver.ORDER_LINES:
        return accepted.select(*target.columns)
    lines = accepted.drop("row_id").withColumn("line", F.explode("lines")).select("*", "line.*")
    return lines.select(*target.columns)


def _named_lines(record_id: Column) -> Column:
    """Each line with a row_id of its own, made from the record's and the line's number.

    The first line's name stands for the record, to tell whether the table has it already.
    """

    def named(line: Column, index: Column) -> Column:
        name = F.struct(record_id.alias("record"), index.alias("index"), line["line_no"].alias("line_no"))
        return line.withField("row_id", F.substring(F.sha2(F.to_json(name), 256), 1, 32))

    return F.transform("lines", named)


def _campaign_times(parsed: DataFrame, campaigns: DataFrame, dated_by_campaign: list[Source]) -> DataFrame:
    """occurred_at and known_at of records without a time: midnight, in their source's zone, of the campaign's start."""
    newest = F.max_by("starts_on", F.struct("known_at", "row_id"))
    starts = campaigns.groupBy("campaign_id").agg(newest.alias("_starts_on"))
    joined = parsed.join(F.broadcast(starts), on="campaign_id", how="left")
    start = F.lit(None).cast("timestamp")
    for source in dated_by_campaign:
        midnight = F.to_utc_timestamp(F.col("_starts_on").cast("timestamp"), source.zone)
        start = F.when(F.col("source") == source.name, midnight).otherwise(start)
    unknown = F.when(
        F.coalesce("occurred_at", start).isNull(),
        problem(
            "campaign_unknown",
            "campaign_id",
            F.col("campaign_id"),
            "a campaign with a start in silver.campaigns",
        ),
    )
    beyond = implausible(F.coalesce("occurred_at", start), "campaign_id", F.col("_starts_on").cast("string"))
    return joined.select(
        *[name for name in parsed.columns if name not in ("occurred_at", "known_at", "problem")],
        F.coalesce("occurred_at", start).alias("occurred_at"),
        F.coalesce("known_at", start).alias("known_at"),
        first_problem(F.col("problem"), unknown, beyond).alias("problem"),
    )


def _nothing(target: Table, records: DataFrame) -> dict[str, DataFrame]:
    tables = [target, silver.DUPLICATES[target.name], silver.QUARANTINES[target.name]]
    tables += [silver.SUPERSEDED_EVENTS] if target is silver.EVENTS else []
    none = records.where(F.lit(False))
    return {
        table.name: none.select(*[F.lit(None).cast(f.type).alias(f.name) for f in table.fields]) for table in tables
    }
