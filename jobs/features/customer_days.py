"""Mergeable facts of a customer's day. How it grows: with the events and orders of touched customers; one
aggregation.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import features
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.features.customer_days import customer_days


def transform(events: DataFrame, sessions: DataFrame, changes: DataFrame) -> dict[str, DataFrame]:
    return {"customer_days": customer_days(events, sessions, changes)}


JOB = Job(
    name="features.customer_days",
    doc="Mergeable facts of a customer's day",
    reads={
        "events": features.CUSTOMER_EVENTS,
        "sessions": features.SESSIONS,
        "changes": features.BASKET_CHANGES,
    },
    writes=(features.CUSTOMER_DAYS,),
    transform=transform,
    mode=Upsert(by=("customer_id",)),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["features.customer_days", *sys.argv[1:]])
