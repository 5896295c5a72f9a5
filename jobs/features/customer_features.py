"""Features of each customer as of a date. How it grows: with customer-days, far fewer than events; two
shuffles by customer for each as_of.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame

from motherlode.contracts import features
from motherlode.contracts.jobs import Job, Snapshot
from motherlode.contracts.tables import Purpose
from motherlode.features.customer_features import customer_features


def transform(days: DataFrame, as_of: date) -> dict[str, DataFrame]:
    return {"customer_features": customer_features(days, as_of)}


JOB = Job(
    name="features.customer_features",
    doc="What was known of each customer at the end of a day",
    reads={"days": features.CUSTOMER_DAYS},
    writes=(features.CUSTOMER_FEATURES,),
    transform=transform,
    mode=Snapshot(history=True),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["features.customer_features", *sys.argv[1:]])
