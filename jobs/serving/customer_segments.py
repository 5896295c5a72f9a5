"""The segment of each customer on the newest day.

How it grows: one row for each customer, copied.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import mining, serving
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.tables import Purpose


def transform(segments: DataFrame, as_of: date) -> Outputs:
    newest = segments.where(F.col("as_of") == F.lit(as_of)).select(*serving.CUSTOMER_SEGMENTS.columns)
    return {serving.CUSTOMER_SEGMENTS.name: newest}


JOB = Job(
    name="serving.customer_segments",
    doc="The segment of each customer, in words",
    reads={"segments": mining.SEGMENTS},
    writes=(serving.CUSTOMER_SEGMENTS,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["serving.customer_segments", *sys.argv[1:]])
