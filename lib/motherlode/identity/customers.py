"""What is known of each customer: what holds them together, their household, what they consented to."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.tables import Purpose
from motherlode.identity.attribution import with_customer

CHOICES = {
    "email_unsubscribed": False,
    "email_reported": False,
    "email_subscribed": True,
    "email_resubscribed": True,
}
"""Events that say yes or no to marketing."""


def customers(customer_map: DataFrame, evidence: DataFrame, crm: DataFrame) -> DataFrame:
    """The columns of identity.customers; `crm` is silver.customers, whose newest row names the household."""
    own = customer_map.where("not is_shared").select("identifier", "customer_id")
    ends = _times(evidence, "identifier").unionByName(_times(evidence, "other"))
    first_at, last_at = F.min("first_at").alias("first_at"), F.max("last_at").alias("last_at")
    seen = ends.groupBy("identifier").agg(first_at, last_at)
    held = (
        own.join(seen, on="identifier", how="left")
        .groupBy("customer_id")
        .agg(
            F.count("*").alias("identifiers"),
            F.min("first_at").alias("first_seen_at"),
            F.max("last_at").alias("last_seen_at"),
        )
    )
    shared = (
        customer_map.where("is_shared")
        .groupBy("customer_id")
        .agg(F.count_distinct("identifier").alias("shared_identifiers"))
    )
    newest = F.max(F.struct("occurred_at", "known_at", "row_id", "household"))
    households = (
        with_customer(crm.where("household is not null"), customer_map)
        .where("customer_id is not null")
        .groupBy("customer_id")
        .agg(newest["household"].alias("household"))
    )
    found = held.join(shared, on="customer_id", how="left").join(households, on="customer_id", how="left")
    return found.select(
        "customer_id",
        "household",
        "identifiers",
        F.coalesce("shared_identifiers", F.lit(0).cast("long")).alias("shared_identifiers"),
        "first_seen_at",
        "last_seen_at",
    )


def marketing_choices(events: DataFrame) -> DataFrame:
    """The columns of identity.marketing_choices; `events` is silver.events."""
    granted = F.col("type").isin(*[kind for kind, says_yes in CHOICES.items() if says_yes])
    return events.where(F.col("type").isin(*CHOICES)).select(
        "row_id", "identifier", "occurred_at", "occurred_on", granted.alias("granted")
    )


def newest_consents(decisions: DataFrame, choices: DataFrame, customer_map: DataFrame) -> DataFrame:
    """The newest decision of each customer for each purpose; of two at one time the refusal holds.

    Args:
        decisions: silver.consents.
        choices: identity.marketing_choices.
    """
    newest = F.max(F.struct("occurred_at", (~F.col("granted")).alias("refused"))).alias("newest")
    said = decisions.select("identifier", "occurred_at", "purpose", "granted")
    chosen = choices.select("identifier", "occurred_at", F.lit(Purpose.MARKETING.value).alias("purpose"), "granted")
    found = with_customer(said.unionByName(chosen), customer_map).where("customer_id is not null")
    return (
        found.groupBy("customer_id", "purpose")
        .agg(newest)
        .select(
            "customer_id",
            "purpose",
            (~F.col("newest.refused")).alias("granted"),
            F.col("newest.occurred_at").alias("decided_at"),
        )
    )


def _times(evidence: DataFrame, end: str) -> DataFrame:
    return evidence.select(F.col(end).alias("identifier"), "first_at", "last_at")
