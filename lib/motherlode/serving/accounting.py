"""Nothing is lost: each record of bronze is taken, a repeat, or quarantined."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import bronze, silver

_TAKEN, _REPEATED, _REJECTED = "taken", "repeated", "rejected"


def _fate(table: Column) -> Column:
    repeats = [one.full_name for one in silver.DUPLICATES.values()]
    rejects = [bronze.QUARANTINE.full_name, *[one.full_name for one in silver.QUARANTINES.values()]]
    taken = [one.full_name for one in silver.TARGETS]
    return (
        F.when(table.isin(taken), F.lit(_TAKEN))
        .when(table.isin(rejects), F.lit(_REJECTED))
        .when(table.isin(repeats), F.lit(_REPEATED))
    )


def accounting(addresses: DataFrame) -> DataFrame:
    """source, batch, records_in, events, duplicates, quarantined: what became of each record.

    A record counts once: as an event if any of its rows was taken, else as quarantined, else as a
    duplicate. Records that retention has taken out of bronze are no longer accounted for.

    Args:
        addresses: table (full name), source, batch, file, offset, of bronze's and silver's tables.
    """
    fate = _fate(F.col("table"))
    came_in = F.col("table").isin(bronze.RECORDS.full_name, bronze.QUARANTINE.full_name)
    records = (
        addresses.groupBy(*bronze.ADDRESS_COLUMNS)
        .agg(
            F.bool_or(came_in).alias("came_in"),
            # Null where the record stands in no such table.
            F.coalesce(F.bool_or(fate == _TAKEN), F.lit(False)).alias(_TAKEN),
            F.coalesce(F.bool_or(fate == _REJECTED), F.lit(False)).alias(_REJECTED),
            F.coalesce(F.bool_or(fate == _REPEATED), F.lit(False)).alias(_REPEATED),
        )
        .where("came_in")
    )
    taken, rejected, repeated = F.col(_TAKEN), F.col(_REJECTED), F.col(_REPEATED)
    return records.groupBy("source", "batch").agg(
        F.count(F.lit(1)).alias("records_in"),
        F.count_if(taken).alias("events"),
        F.count_if(repeated & ~taken & ~rejected).alias("duplicates"),
        F.count_if(rejected & ~taken).alias("quarantined"),
    )


def unbalanced(accounts: DataFrame) -> DataFrame:
    """The batches in which records were lost."""
    found = F.col("events") + F.col("duplicates") + F.col("quarantined")
    return accounts.where(F.col("records_in") != found)
