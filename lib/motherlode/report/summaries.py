"""Tables of any size summed to frames of a few rows; each function's result is bounded, whatever came in."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import reduce

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.quality import ANY
from motherlode.features.baskets import STORE

SOURCES = 200
REASONS = 12
CHANNELS = 30
PERIODS = 5000  # as many rows as the charts take
DAILY_UP_TO = timedelta(days=62)
MANY_IDENTIFIERS = 15
LARGEST = 5
SEGMENTS = 30
RULES = 150
EXAMPLES = 3
OFFERS = 5
RISK_BINS = 20
LIKELY = 0.5
ROWS = 300
QUALITY_DAYS = 91
RULE_DAYS = 28
FAULTS = 12


def first(frame: DataFrame, limit: int, *order: Column | str) -> pd.DataFrame:
    """The only way to the driver: a total order and a limit."""
    return frame.orderBy(*order).limit(limit).toPandas()


def total(condition: Column) -> Column:
    """In how many rows a condition holds; 0 of no rows."""
    return F.coalesce(F.sum(condition.cast("long")), F.lit(0))


def accounting(batches: DataFrame) -> pd.DataFrame:
    """What came in and what became of it, by source."""
    explained = F.col("events") + F.col("duplicates") + F.col("quarantined")
    summed = batches.groupBy("source").agg(
        F.count("*").alias("batches"),
        total(F.col("records_in") != explained).alias("unbalanced"),
        *(F.sum(name).alias(name) for name in ("records_in", "events", "duplicates", "quarantined")),
    )
    return first(summed, SOURCES, F.desc("records_in"), "source")


def reasons(quarantines: Sequence[DataFrame]) -> pd.DataFrame:
    """Why records were not taken; the record itself is never read."""
    what = ("source", "rule", "path", "allowed")
    every = reduce(DataFrame.unionByName, (each.select(*what) for each in quarantines))
    counted = every.groupBy(*what).agg(F.count("*").alias("records"))
    return first(counted, REASONS, F.desc("records"), *what)


def scores(quality: DataFrame, as_of: date) -> pd.DataFrame:
    """All rules together of each source, on the last days up to the date: source, day, records, score, standing."""
    shown = quality.where(F.col("rule") == ANY).where(_lately(as_of, QUALITY_DAYS))
    chosen = shown.select("source", "day", "records", "score", "standing")
    return first(chosen, PERIODS, F.desc("day"), "source").sort_values(["source", "day"], ignore_index=True)


def faults(quality: DataFrame, as_of: date) -> pd.DataFrame:
    """The rules that most records break, and each that is below a limit: that an optional value is missing is no fault
    unless a limit says so."""
    below = F.col("standing") != "ok"
    broken = quality.where(F.col("rule") != ANY).where(_lately(as_of, RULE_DAYS))
    summed = (
        broken.where((F.col("rule") != "missing") | F.col("warn_below").isNotNull() | F.col("stop_below").isNotNull())
        .groupBy("source", "rule", "field")
        .agg(
            F.sum(F.col("quarantined") + F.col("flagged") + F.col("missing")).alias("faults"),
            F.sum("records").alias("records"),
            total(below).alias("days_below"),
        )
    )
    return first(summed, FAULTS, F.desc("days_below"), F.desc("faults"), "source", "rule", "field")


def _lately(as_of: date, days: int) -> Column:
    return (F.col("day") > F.lit(as_of - timedelta(days=days))) & (F.col("day") <= F.lit(as_of))


def accuracy(scenarios: DataFrame) -> pd.DataFrame:
    return first(scenarios, ROWS, F.col("scenario") != "all", "scenario")


def identifiers(profiles: DataFrame) -> pd.DataFrame:
    """How many customers, and buyers, have 1, 2 … identifiers; the last number stands for it and more."""
    bounded = F.least("identifiers", F.lit(MANY_IDENTIFIERS)).alias("identifiers")
    counted = profiles.groupBy(bounded).agg(
        F.count("*").alias("customers"), total(F.coalesce("orders", F.lit(0)) > 0).alias("buyers")
    )
    return first(counted, MANY_IDENTIFIERS + 1, "identifiers")


def largest(profiles: DataFrame) -> pd.DataFrame:
    """How big the biggest customers are: numbers only, not who they are."""
    return first(profiles.select("identifiers"), LARGEST, F.desc("identifiers"))


def funnel(sessions: DataFrame, as_of: date) -> pd.DataFrame:
    """Sessions that got at least so far: who ordered has added, who added has viewed."""
    ordered = F.col("orders") > 0
    added = ordered | (F.col("carts") > 0)
    viewed = added | (F.col("views") > 0)
    reached = (
        sessions.where(F.col("day") <= F.lit(as_of))
        .groupBy("channel")
        .agg(
            F.count("*").alias("sessions"),
            total(viewed).alias("viewed"),
            total(added).alias("added"),
            total(ordered).alias("ordered"),
        )
    )
    return first(reached, CHANNELS, F.desc("sessions"), "channel")


def totals(baskets: DataFrame, as_of: date) -> pd.DataFrame:
    """One row over all baskets: baskets, online, net, first_day, last_day."""
    return (
        baskets.where(F.col("day") <= F.lit(as_of))
        .agg(
            F.count("*").alias("baskets"),
            total(F.col("channel") != STORE).alias("online"),
            F.sum(F.col("net").cast("double")).alias("net"),
            F.min("day").alias("first_day"),
            F.max("day").alias("last_day"),
        )
        .toPandas()
    )


def grain(first_day: date | None, as_of: date) -> str:
    """Days while they are few, else weeks."""
    return "day" if first_day is None or as_of - first_day <= DAILY_UP_TO else "week"


def volume(baskets: DataFrame, as_of: date, first_day: date | None) -> pd.DataFrame:
    """Baskets and revenue by period and channel. Broken weeks at the ends are left out: they look like a fall."""
    unit = grain(first_day, as_of)
    counted = baskets.where(F.col("day") <= F.lit(as_of)).select(
        F.to_date(F.date_trunc(unit, "day")).alias("period"), "channel", F.col("net").cast("double").alias("net")
    )
    if unit == "week":
        whole = (F.col("period") >= F.lit(first_day)) & (F.date_add("period", 6) <= F.lit(as_of))
        counted = counted.where(whole)
    summed = counted.groupBy("period", "channel").agg(F.count("*").alias("baskets"), F.sum("net").alias("net"))
    newest = first(summed, PERIODS, F.desc("period"), "channel")
    return newest.sort_values(["period", "channel"], ignore_index=True)


def segments(members: DataFrame, profiles: DataFrame) -> pd.DataFrame:
    """Size and worth of each segment."""
    known = profiles.select("customer_id", "net", "churn_probability")
    summed = (
        members.join(known, on="customer_id", how="left")
        .groupBy("segment_id", "segment")
        .agg(
            F.count("*").alias("customers"),
            F.sum("net").alias("net"),
            F.avg("net").alias("mean_net"),
            F.avg("recency_score").alias("recency"),
            F.avg("frequency_score").alias("frequency"),
            F.avg("monetary_score").alias("monetary"),
            F.avg("churn_probability").alias("churn"),
        )
    )
    return first(summed, SEGMENTS, "segment_id", "segment")


def rfm(members: DataFrame, profiles: DataFrame) -> pd.DataFrame:
    """Buyers and mean amount paid by recency and frequency score: at most 25 rows."""
    buyers = profiles.where(F.col("orders") > 0).select("customer_id", "net")
    summed = (
        members.join(buyers, on="customer_id", how="inner")
        .groupBy("recency_score", "frequency_score")
        .agg(F.count("*").alias("customers"), F.avg("net").alias("mean_net"))
    )
    return first(summed, 25, "recency_score", "frequency_score")


def rules(found: DataFrame) -> pd.DataFrame:
    """The strongest rules; of two with the same products only the surer one."""
    top = first(found, 2 * RULES, F.desc("lift"), F.desc("confidence"), F.desc("baskets"), "rule_id")
    together = [frozenset([*left, *right]) for left, right in zip(top["antecedent"], top["consequent"], strict=True)]
    once = ~pd.Series(together, index=top.index, dtype=object).duplicated()
    columns = ["antecedent", "consequent", "baskets", "support", "confidence", "lift"]
    return top.loc[once, columns].head(RULES).reset_index(drop=True)


def examples(offers: DataFrame, profiles: DataFrame) -> DataFrame:
    """Three customers with recommendations, of different segments where there are: a choice that stays the same.

    Still a DataFrame, since it has `customer_id`, which does not leave the cluster.
    """
    reached = offers.where(F.col("rank") == 1).select("customer_id")
    candidates = profiles.join(reached, on="customer_id", how="left_semi").withColumn(
        "pseudonym", F.sha2("customer_id", 256)
    )
    facts = ("customer_id", "segment", "orders", "net", "recency_days", "churn_probability", "pseudonym")
    chosen = candidates.groupBy("segment").agg(F.min_by(F.struct(*facts), "pseudonym").alias("chosen"))
    return (
        chosen.select("chosen.*")
        .orderBy("pseudonym")
        .limit(EXAMPLES)
        .withColumn("pseudonym", F.substring("pseudonym", 1, 6))
    )


def offers_of(chosen: DataFrame, offers: DataFrame) -> pd.DataFrame:
    """The best recommendations of the examples."""
    named = offers.where(F.col("rank") <= OFFERS).join(
        F.broadcast(chosen.select("customer_id", "pseudonym")), on="customer_id", how="inner"
    )
    shown = named.select(
        "pseudonym", "rank", F.coalesce("product", "product_id").alias("product"), "department", "is_repeat"
    )
    return first(shown, EXAMPLES * OFFERS, "pseudonym", "rank")


def deciles(evaluations: DataFrame, as_of: date) -> pd.DataFrame:
    """The newest evaluation that was known on the date."""
    known = evaluations.where(F.col("as_of") <= F.lit(as_of))
    newest = known.agg(F.max("as_of").alias("as_of"))
    return first(known.join(F.broadcast(newest), on="as_of", how="inner").drop("as_of"), 10, "decile")


def risks(scores: DataFrame) -> pd.DataFrame:
    """How many customers have which risk, in bins of a twentieth."""
    floor = F.least(F.floor(F.col("probability") * RISK_BINS), F.lit(RISK_BINS - 1)) / RISK_BINS
    binned = scores.groupBy(floor.alias("probability")).agg(F.count("*").alias("customers"))
    return first(binned, RISK_BINS, "probability")


def leaving(scores: DataFrame, profiles: DataFrame) -> pd.DataFrame:
    """Who will sooner leave than stay, and how many of these have bought nothing for the whole horizon already."""
    likely = F.col("probability") >= LIKELY
    silent = likely & (F.col("recency_days") >= F.col("horizon_days"))
    known = scores.join(profiles.select("customer_id", "recency_days"), on="customer_id", how="left")
    counted = known.groupBy("horizon_days").agg(total(likely).alias("likely"), total(silent).alias("silent"))
    return first(counted, 1, "horizon_days")


def quality(metrics: DataFrame) -> pd.DataFrame:
    return first(metrics, ROWS, "model", "metric")
