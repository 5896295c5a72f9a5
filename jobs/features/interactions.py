"""What a customer did with a product on a day. How it grows: with the events and baskets of touched
customers; one aggregation.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import features
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.features.interactions import interactions


def transform(events: DataFrame, items: DataFrame) -> dict[str, DataFrame]:
    return {"interactions": interactions(events, items)}


JOB = Job(
    name="features.interactions",
    doc="What a customer did with a product on a day",
    reads={"events": features.CUSTOMER_EVENTS, "items": features.BASKET_ITEMS},
    writes=(features.INTERACTIONS,),
    transform=transform,
    mode=Upsert(by=("customer_id",)),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["features.interactions", *sys.argv[1:]])
