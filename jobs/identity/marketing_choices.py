"""Decisions on marketing by a click. How it grows: with the events of the days that new ones fall on; no shuffle."""

import sys

from pyspark.sql import DataFrame

from motherlode.columns.versions import standing
from motherlode.contracts import identity, silver
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.identity.customers import marketing_choices


def transform(events: DataFrame, superseded: DataFrame) -> dict[str, DataFrame]:
    return {"marketing_choices": marketing_choices(standing(events, superseded))}


JOB = Job(
    name="identity.marketing_choices",
    doc="Who subscribed, unsubscribed, reported spam, or came back",
    reads={"events": silver.EVENTS, "superseded": silver.SUPERSEDED_EVENTS},
    writes=(identity.MARKETING_CHOICES,),
    transform=transform,
    mode=Upsert(by=("occurred_on",)),
    purpose=Purpose.OPERATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
