"""Amounts of several currencies in the business's own."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from motherlode.contracts.fields import MONEY

AMOUNTS = ("gross", "discount", "net", "tax")


@dataclass(frozen=True)
class BasketsParams:
    """What a day is, and in what amounts are added up."""

    zone: str = "UTC"
    """IANA time zone in which a business day begins and ends."""
    currency: str = ""
    """ISO 4217; empty: amounts are added as they stand."""


def in_currency(rows: DataFrame, rates: DataFrame, currency: str) -> DataFrame:
    """`rows` (currency, occurred_on and AMOUNTS) with their amounts in `currency`, by the rate of the day.

    A rate holds from its day until the next that has one. Of a rate that was delivered in several versions the one
    known last holds. An amount without any rate fails the run: a sum that leaves it out would be wrong without a word.

    Args:
        rates: silver.exchange_rates: small, and broadcast.
        currency: empty leaves all as it is.
    """
    if not currency:
        return rows
    newest = rates.groupBy("currency", "day").agg(F.max_by("rate", F.struct("known_at", "row_id")).alias("_rate"))
    until = F.lead("day").over(Window.partitionBy("currency").orderBy("day"))
    held = newest.select(
        F.col("currency").alias("_currency"), F.col("day").alias("_from"), until.alias("_until"), "_rate"
    )
    since = (F.col("currency") == F.col("_currency")) & (F.col("occurred_on") >= F.col("_from"))
    holds = since & (F.col("_until").isNull() | (F.col("occurred_on") < F.col("_until")))
    joined = rows.join(F.broadcast(held), on=holds, how="left")
    rate = F.when(F.col("currency") == currency, F.lit(1.0)).otherwise(F.coalesce("_rate", _unknown(currency)))
    kept = [name for name in rows.columns if name not in AMOUNTS]
    amounts = [(F.col(name).cast("double") * rate).cast(MONEY).alias(name) for name in rows.columns if name in AMOUNTS]
    return joined.select(*kept, *amounts)


def _unknown(currency: str) -> Column:
    said = F.concat(
        F.lit("silver.exchange_rates has no rate for "),
        F.col("currency"),
        F.lit(" on "),
        F.col("occurred_on").cast("string"),
        F.lit(f" into {currency}: add a source with target exchange_rates, or quarantine it in conf/cleansing.toml"),
    )
    return F.raise_error(said).cast("double")
