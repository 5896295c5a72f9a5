"""How good each source's records of a day are, and whether that is good enough to go on."""

import datetime
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from motherlode.contracts.quality import ANY, DATA_QUALITY
from motherlode.errors import UsageError
from motherlode.sources.source import Source

OK, WARN, STOP = "ok", "warn", "stop"
_DAY = ("source", "day")


@dataclass(frozen=True)
class Limit:
    """Other limits than those of all.

    Args:
        source: of which source; empty: of all.
        rule: of which rule, flag, or `missing`; `any`: of all together.
        field: of a rule only there.
        day: of that day alone, as to let a bad one pass for once.
        warn_below: least share without this fault, 0 to 1; left out: as without this limit.
        stop_below: the same, under which a run stops.
    """

    source: str = ""
    rule: str = ANY
    field: str = ""
    day: datetime.date | None = None
    warn_below: float | None = None
    stop_below: float | None = None

    def __post_init__(self) -> None:
        _check_shares(self.warn_below, self.stop_below)

    def holds(self) -> Column:
        """Of which rows of silver.data_quality."""
        named = {"source": self.source, "rule": self.rule, "field": self.field, "day": self.day}
        same = [F.col(name) == F.lit(value) for name, value in named.items() if value]
        return reduce(Column.__and__, same)


@dataclass(frozen=True)
class QualityParams:
    """What is good enough.

    Args:
        warn_below: least share of a source's records of a day that break no rule; below it the run says so.
        stop_below: below it nothing right of silver is done with what came in last.
        least_records: a day with fewer is not judged.
        limits: for a source, a rule or a day; of several that fit the last counts.
        zone: IANA name of the time zone of a business day.
        sources: every conf/sources/*.toml.
    """

    warn_below: float = 0.9
    stop_below: float = 0.5
    least_records: int = 100
    limits: tuple[Limit, ...] = ()
    zone: str = "UTC"
    sources: tuple[Source, ...] = ()

    def __post_init__(self) -> None:
        _check_shares(self.warn_below, self.stop_below)
        known = [source.name for source in self.sources]
        unknown = sorted({limit.source for limit in self.limits if limit.source} - set(known))
        if known and unknown:
            raise UsageError(f"quality.limits: source {', '.join(unknown)} is unknown; known: {', '.join(known)}")


def _check_shares(*shares: float | None) -> None:
    if any(share is not None and not 0 <= share <= 1 for share in shares):
        raise ValueError("warn_below and stop_below are shares of 0 to 1")


def judged(counts: DataFrame, params: QualityParams) -> DataFrame:
    """Rows of silver.data_quality. Reading them fails, with a line that says why, where a stop is broken by a day to
    which the source's newest batch added: what came before was let pass, or is past mending.

    Args:
        counts: silver.quality_counts.
    """
    of_file, of_source = Window.partitionBy("source", "file"), Window.partitionBy("source")
    # A file written anew was read again as a whole.
    current = counts.where("NOT is_whole").unionByName(
        counts.where("is_whole").withColumn("_last", F.max("batch").over(of_file)).where("batch = _last").drop("_last")
    )
    is_last = F.col("batch") == F.max("batch").over(of_source)
    marked = current.withColumn("is_newest", is_last)
    rows = _scored(_by_rule(marked).unionByName(_in_all(marked)), marked)
    rows = rows.withColumn("warn_below", _limit("warn_below", params)).withColumn(
        "stop_below", _limit("stop_below", params)
    )
    standing = (
        F.when(F.col("records") < params.least_records, OK)
        .when(F.col("score") < F.col("stop_below"), STOP)
        .when(F.col("score") < F.col("warn_below"), WARN)
        .otherwise(OK)
    )
    told = rows.withColumn("standing", standing).withColumn("finding", _in_words())
    return _stopped(told.persist()).select(*DATA_QUALITY.columns)


def _sum(outcome: str, name: str, *more: Column) -> Column:
    is_such = reduce(Column.__and__, more, F.col("outcome") == outcome)
    return F.sum(F.when(is_such, F.col("records")).otherwise(0)).alias(name)


def _by_rule(counts: DataFrame) -> DataFrame:
    of_rules = counts.where(F.col("rule") != ANY).groupBy(*_DAY, "rule", "field")
    return of_rules.agg(*[_sum(name, name) for name in ("quarantined", "flagged", "missing")])


def _in_all(counts: DataFrame) -> DataFrame:
    sums = counts.groupBy(*_DAY).agg(
        _sum("quarantined", "quarantined"),
        _sum("flagged", "flagged", F.col("rule") == ANY),
        _sum("missing", "missing"),
    )
    return sums.withColumns({"rule": F.lit(ANY), "field": F.lit("")})


def _scored(rows: DataFrame, counts: DataFrame) -> DataFrame:
    """With what the day had in all, the score, and the rule that most records break."""
    days = counts.groupBy(*_DAY).agg(
        _sum("taken", "events"),
        _sum("repeated", "duplicates"),
        _sum("quarantined", "_broken"),
        _sum("late", "late"),
        F.bool_or("is_newest").alias("is_newest"),
    )
    days = days.withColumn("records", F.col("events") + F.col("duplicates") + F.col("_broken")).drop("_broken")
    is_missing = F.col("rule") == "missing"
    faults = F.col("quarantined") + F.col("flagged")
    share = F.when(is_missing, F.col("missing") / F.col("events")).otherwise(faults / F.col("records"))
    named = F.when(F.col("rule") != ANY, F.struct(faults.alias("faults"), "rule", "field"))
    worst = F.max(named).over(Window.partitionBy(*_DAY))
    joined = rows.join(days, on=list(_DAY), how="inner")
    return joined.withColumn("score", 1 - share).withColumn("_worst", worst)


def _limit(name: str, params: QualityParams) -> Column:
    """Of the limits that fit a row the last; of all rules together else that of all sources."""
    found = F.when(F.col("rule") == ANY, F.lit(getattr(params, name)))
    for limit in params.limits:
        if (share := getattr(limit, name)) is not None:
            found = F.when(limit.holds(), F.lit(share)).otherwise(found)
    return found.cast("double")


def _in_words() -> Column:
    """SOURCE on DAY: 12.3% of 4,567 records break RULE (FIELD)."""

    def place(rule: Column, field: Column) -> Column:
        return F.concat(rule, F.when(field != "", F.concat(F.lit(" ("), field, F.lit(")"))).otherwise(""))

    rule, field, worst = F.col("rule"), F.col("field"), F.col("_worst")
    mostly = F.when(worst["faults"] > 0, F.concat(F.lit(", most of them "), place(worst["rule"], worst["field"])))
    what = (
        F.when(rule == ANY, F.concat(F.lit("break a rule"), F.coalesce(mostly, F.lit(""))))
        .when(rule == "missing", F.concat(F.lit("have no "), field))
        .otherwise(F.concat(F.lit("break "), place(rule, field)))
    )
    of = F.when(rule == "missing", F.col("events")).otherwise(F.col("records"))
    share = 100 * (1 - F.col("score"))
    return F.format_string("%s on %s: %.1f%% of %,d records %s", "source", F.col("day").cast("string"), share, of, what)


def _stopped(rows: DataFrame) -> DataFrame:
    """The rows, which cannot be read where one of the newest stops."""
    stops = rows.where(F.col("is_newest") & (F.col("standing") == STOP))
    worst = stops.agg(
        F.min_by(F.struct("finding", "stop_below"), F.struct("score", "source", "day", "rule", "field")).alias("_stop"),
        F.count(F.lit(1)).alias("_stops"),
    )
    more = F.when(F.col("_stops") > 1, F.format_string("; and %d more", F.col("_stops") - 1)).otherwise("")
    said = F.format_string(
        "%s; at most %.1f%% may (stop_below = %s)%s. What came in is kept: mend the source, or change the limit"
        " ([quality] in conf/), and run again",
        F.col("_stop.finding"),
        100 * (1 - F.col("_stop.stop_below")),
        F.col("_stop.stop_below"),
        more,
    )
    held = F.when(F.col("_stop").isNotNull(), F.raise_error(said).cast("string")).otherwise(F.col("standing"))
    return rows.crossJoin(F.broadcast(worst)).withColumn("standing", held)
