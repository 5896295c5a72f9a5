"""Visits on web and app. How it grows: with the events of touched customers; one shuffle by customer and
channel.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import features
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.features.sessions import SessionParams, sessions


def transform(events: DataFrame, params: SessionParams) -> dict[str, DataFrame]:
    return {"sessions": sessions(events, params)}


JOB = Job(
    name="features.sessions",
    doc="Visits on web and app; a gap ends one",
    reads={"events": features.CUSTOMER_EVENTS},
    writes=(features.SESSIONS,),
    transform=transform,
    mode=Upsert(by=("customer_id",)),
    purpose=Purpose.ANALYTICS,
    params=SessionParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["features.sessions", *sys.argv[1:]])
