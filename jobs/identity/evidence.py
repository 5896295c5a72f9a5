"""Evidence: which identifiers were seen together. How it grows: with the records of the touched days; one
shuffle, a row for each pair, source and hour.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import identity, silver
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.identity.evidence import evidence
from motherlode.identity.params import IdentityParams


def transform(
    events: DataFrame,
    order_lines: DataFrame,
    customers: DataFrame,
    consents: DataFrame,
    survey_answers: DataFrame,
    params: IdentityParams,
) -> dict[str, DataFrame]:
    records = (events.where("not is_bot"), order_lines, customers, consents, survey_answers)
    return {"evidence": evidence(records, params.not_evidence)}


JOB = Job(
    name="identity.evidence",
    doc="Pairs of identifiers seen together, by source and hour",
    reads={
        "events": silver.EVENTS,
        "order_lines": silver.ORDER_LINES,
        "customers": silver.CUSTOMERS,
        "consents": silver.CONSENTS,
        "survey_answers": silver.SURVEY_ANSWERS,
    },
    writes=(identity.EVIDENCE,),
    transform=transform,
    mode=Upsert(by=("occurred_on",)),
    purpose=Purpose.OPERATION,
    params=IdentityParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["identity.evidence", *sys.argv[1:]])
