"""Takes in every record of new files, verbatim; grows with the bytes that are new, shuffles nothing."""

import sys

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.columns.cipher import encrypted
from motherlode.contracts import bronze
from motherlode.contracts.jobs import Append, Contents, Job
from motherlode.contracts.tables import Purpose


def transform(contents: DataFrame) -> dict[str, DataFrame]:
    """Readable records, and what could not be read with the rule that it broke."""
    found = contents.persist()
    records = found.where(F.col("rule").isNull()).withColumn("received_on", F.to_date("received_at"))
    quarantine = found.where(F.col("rule").isNotNull()).select(
        *bronze.ADDRESS_COLUMNS,
        "rule",
        F.lit(None).cast("string").alias("path"),
        "found",
        "allowed",
        encrypted(F.base64("content")).alias("record"),
        F.lit(None).cast("string").alias("header"),
        "received_at",
    )
    return {"records": records, "quarantine": quarantine}


JOB = Job(
    name="bronze.records",
    doc="Takes in every record of new files, verbatim",
    reads={"contents": Contents(bronze.FILES)},
    writes=(bronze.RECORDS, bronze.QUARANTINE),
    transform=transform,
    mode=Append(stream="contents"),
    purpose=Purpose.OPERATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
