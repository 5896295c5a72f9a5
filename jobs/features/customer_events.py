"""Events with the customer whose they are. How it grows: with the events of touched identifiers; one shuffle
by identifier, the shared ones spread over days.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.columns.versions import standing
from motherlode.contracts import features, identity, silver
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.features.business_day import BusinessDayParams
from motherlode.features.customer_events import customer_events


def transform(
    events: DataFrame, superseded: DataFrame, customer_map: DataFrame, params: BusinessDayParams
) -> dict[str, DataFrame]:
    return {"customer_events": customer_events(standing(events, superseded), customer_map, params.zone)}


JOB = Job(
    name="features.customer_events",
    doc="Events with the customer whose they are, and from when that was known",
    reads={
        "events": silver.EVENTS,
        "superseded": silver.SUPERSEDED_EVENTS,
        "customer_map": identity.CUSTOMER_MAP,
    },
    writes=(features.CUSTOMER_EVENTS,),
    transform=transform,
    mode=Upsert(by=("identifier",)),
    purpose=Purpose.ANALYTICS,
    params=BusinessDayParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["features.customer_events", *sys.argv[1:]])
