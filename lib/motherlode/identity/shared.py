"""Identifiers that several people use in turn: an event there is the person's whose login is nearest."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from motherlode.identity.params import IdentityParams


def intervals(evidence: DataFrame, shared: DataFrame, people: DataFrame, params: IdentityParams) -> DataFrame:
    """Which customer a shared identifier belongs to, from when to when.

    Each login is the middle of an interval: it reaches half-way to the login before and after it, and no
    further than `max_hours`. Of two customers in the same microsecond the one with more records there wins.

    Args:
        evidence: identity.evidence.
        shared: `identifier`, `type`.
        people: `identifier`, `type`, `customer_id`, `known_from`, of identifiers that are not shared.

    Returns:
        `identifier`, `type`, `valid_from`, `valid_to`, `customer_id`, `known_from`: disjoint intervals.
    """
    logins = _logins(evidence, "identifier", "other", params).unionByName(
        _logins(evidence, "other", "identifier", params)
    )
    persons = people.where(F.col("type").isin(*params.unique)).select(
        F.col("identifier").alias("person"), "customer_id", F.col("known_from").alias("person_known_from")
    )
    located = logins.join(shared, on="identifier", how="inner").join(persons, on="person", how="inner")
    each = located.select(
        "identifier",
        "type",
        "customer_id",
        "count",
        F.greatest("known_at", "person_known_from").alias("known_from"),
        F.explode(F.array_distinct(F.array(F.unix_micros("first_at"), F.unix_micros("last_at")))).alias("at"),
    )
    by_customer = each.groupBy("identifier", "type", "at", "customer_id").agg(
        F.sum("count").alias("count"), F.min("known_from").alias("known_from")
    )
    best = F.min(F.struct((-F.col("count")).alias("less"), "customer_id", "known_from")).alias("best")
    points = by_customer.groupBy("identifier", "type", "at").agg(best)
    in_turn = Window.partitionBy("identifier").orderBy("at")
    reach = params.max_hours * 3_600_000_000
    before, after = F.lag("at").over(in_turn), F.lead("at").over(in_turn)
    at = F.col("at")
    start = F.greatest(at - reach, at - F.floor((at - before) / 2))
    end = F.least(at + reach, after - F.floor((after - at) / 2))
    return points.select(
        "identifier",
        "type",
        F.timestamp_micros(start.cast("long")).alias("valid_from"),
        F.timestamp_micros(end.cast("long")).alias("valid_to"),
        F.col("best.customer_id").alias("customer_id"),
        F.col("best.known_from").alias("known_from"),
    )


def _logins(evidence: DataFrame, here: str, person: str, params: IdentityParams) -> DataFrame:
    # By type first: only then is the little that is left joined.
    is_login = F.col(f"{here}_type").isin(*params.timed) & F.col(f"{person}_type").isin(*params.unique)
    return evidence.where(is_login).select(
        F.col(here).alias("identifier"), F.col(person).alias("person"), "first_at", "last_at", "known_at", "count"
    )
