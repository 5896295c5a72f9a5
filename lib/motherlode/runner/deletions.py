"""Deletions at the source, applied to every input that a job right of intake reads: no job can forget to."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.exports import DELETIONS
from motherlode.contracts.jobs import Append, Job
from motherlode.contracts.silver import TARGETS
from motherlode.contracts.tables import Table
from motherlode.sources.exports import latest

__all__ = ["DELETIONS", "applies", "deleted", "standing"]


def applies(job: Job) -> bool:
    """Intake looks for repeats among all rows, also those that are gone."""
    return not isinstance(job.mode, Append) and any(read in TARGETS for read in job.reads.values())


def deleted(told: DataFrame, whole: Sequence[str]) -> DataFrame | None:
    """Of silver.deletions the keys that are gone: target and key_id; None where there are none.

    Args:
        whole: sources that are exported whole. What was said of one that is no longer holds no more.
    """
    said = told.where(F.col("source").isin(*whole))
    return (
        latest(said).where("is_deleted").select("target", "key_id").persist() if whole and not said.isEmpty() else None
    )


def standing(table: Table, rows: DataFrame, gone: DataFrame) -> DataFrame:
    """The rows that are not among the deleted."""
    if table not in TARGETS:
        return rows
    return rows.join(gone.where(F.col("target") == table.name).select("key_id"), on="key_id", how="left_anti").select(
        *rows.columns
    )
