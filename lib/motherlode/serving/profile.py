"""The single view of a customer."""

from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from motherlode.contracts.consent import Consent
from motherlode.contracts.tables import Purpose
from motherlode.features.business_day import business_day
from motherlode.features.customer_days import FACTS
from motherlode.features.customer_features import known_days

# A day on which mail was sent to a customer alone is none on which they were seen.
_DONE = " or ".join(f"{name} <> 0" for name in FACTS if name != "emails_sent")


@dataclass(frozen=True)
class ProfileParams:
    """What the profile says of people who never decided, and of days.

    Args:
        consent: what holds for a purpose on which a customer never decided.
        zone: IANA name of the time zone whose days are business days.
    """

    consent: Consent
    zone: str = "UTC"


def seen_by(customers: DataFrame, days: DataFrame, as_of: date, zone: str) -> DataFrame:
    """`customers` first seen by the end of `as_of`, with first_seen_on and last_seen_on.

    identity.customers knows when they were last seen until now alone; what they had done by `as_of` says
    features.customer_days.

    Args:
        customers: identity.customers.
        days: features.customer_days.
    """
    newest = known_days(days, as_of).where(_DONE).groupBy("customer_id").agg(F.max("day").alias("newest"))
    first = business_day("first_seen_at", zone)
    seen = customers.withColumn("first_seen_on", first).where(F.col("first_seen_on") <= F.lit(as_of))
    return seen.join(newest, on="customer_id", how="left").select(
        *[F.col(name) for name in customers.columns],
        "first_seen_on",
        F.greatest("first_seen_on", "newest").alias("last_seen_on"),
    )


def current_households(versions: DataFrame) -> DataFrame:
    """household, age, income, household_size: the newest delivered version of each."""
    newest_first = Window.partitionBy("identifier").orderBy(F.desc("known_at"), F.desc("occurred_at"), F.desc("row_id"))
    newest = versions.withColumn("version", F.row_number().over(newest_first)).where("version = 1")
    return newest.select(F.col("identifier").alias("household"), "age", "income", "household_size")


def decisions(consents: DataFrame) -> DataFrame:
    """customer_id and a column for each purpose: whether it was granted; null where never decided."""
    return consents.groupBy("customer_id").agg(
        *[
            F.max(F.when(F.col("purpose") == purpose.value, F.col("granted"))).alias(purpose.value)
            for purpose in (Purpose.ANALYTICS, Purpose.PERSONALISATION, Purpose.MARKETING)
        ]
    )


def allowed(purpose: Purpose, params: ProfileParams) -> Column:
    """The customer's decision, or the default."""
    return F.coalesce(F.col(purpose.value), F.lit(params.consent.of(purpose)))
