"""Consent, applied to every input that a job right of identity reads: no job can forget to."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.identity import CONSENTS
from motherlode.contracts.jobs import Job
from motherlode.contracts.tables import Layer, Subject, Table

__all__ = ["CONSENTS", "applies", "permitted"]


def applies(job: Job) -> bool:
    """Bronze to identity run under their own purpose."""
    return job.layer > Layer.IDENTITY


def permitted(table: Table, rows: DataFrame, decisions: DataFrame, purpose: str, default_granted: bool) -> DataFrame:
    """The rows whose customer agrees to the purpose; rows without a customer are about nobody.

    Args:
        decisions: identity.consents: at most one row for a customer and purpose.
        default_granted: what holds for a customer who never decided.
    """
    if table.subject is not Subject.CUSTOMER or table.full_name == CONSENTS.full_name:
        return rows
    column = table.subject.column
    decided = decisions.where(F.col("purpose") == purpose)
    if default_granted:
        refused = decided.where(~F.col("granted")).select(F.col("customer_id").alias("_subject"))
        return rows.join(refused, on=F.col(column) == F.col("_subject"), how="left_anti")
    granted = decided.where("granted").select(F.col("customer_id").alias("_subject"))
    known = rows.where(F.col(column).isNotNull()).join(granted, on=F.col(column) == F.col("_subject"), how="left_semi")
    if not table[column].nullable:
        return known
    return known.unionByName(rows.where(F.col(column).isNull()))
