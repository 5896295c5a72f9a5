"""What each customer has decided. How it grows: with all decisions and the map: one join, one aggregation."""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import identity, silver
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.identity.customers import newest_consents


def transform(decisions: DataFrame, choices: DataFrame, customer_map: DataFrame) -> dict[str, DataFrame]:
    return {"consents": newest_consents(decisions, choices, customer_map)}


JOB = Job(
    name="identity.consents",
    doc="The newest decision of each customer for each purpose",
    reads={
        "decisions": silver.CONSENTS,
        "choices": identity.MARKETING_CHOICES,
        "customer_map": identity.CUSTOMER_MAP,
    },
    writes=(identity.CONSENTS,),
    transform=transform,
    mode=Upsert(),
    purpose=Purpose.OPERATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["identity.consents", *sys.argv[1:]])
