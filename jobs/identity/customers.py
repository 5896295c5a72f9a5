"""One row for each customer. How it grows: with evidence and the map, both aggregated by identifier first."""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import identity, silver
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.identity.customers import customers


def transform(customer_map: DataFrame, evidence: DataFrame, crm: DataFrame) -> dict[str, DataFrame]:
    return {"customers": customers(customer_map, evidence, crm)}


JOB = Job(
    name="identity.customers",
    doc="What holds each customer together",
    reads={"customer_map": identity.CUSTOMER_MAP, "evidence": identity.EVIDENCE, "crm": silver.CUSTOMERS},
    writes=(identity.CUSTOMERS,),
    transform=transform,
    mode=Upsert(),
    purpose=Purpose.OPERATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["identity.customers", *sys.argv[1:]])
