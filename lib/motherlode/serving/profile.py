"""The single view of a customer."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from motherlode.contracts.consent import Consent
from motherlode.contracts.tables import Purpose


@dataclass(frozen=True)
class ProfileParams:
    """Args: consent: what holds for people who never decided."""

    consent: Consent


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
