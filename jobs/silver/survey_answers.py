"""Answers to surveys, from their raw records.

How it grows: with answers, far fewer than events; looking for repeats reads one column of the table.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import bronze, silver
from motherlode.contracts.jobs import Append, Job, Previous
from motherlode.contracts.tables import Purpose
from motherlode.sources.intake import SilverParams, of_target, take_in


def transform(records: DataFrame, previous: DataFrame, params: SilverParams) -> dict[str, DataFrame]:
    return take_in(silver.SURVEY_ANSWERS, records, previous, params)


JOB = Job(
    name="silver.survey_answers",
    doc="Answers to surveys, from their raw records",
    reads={"records": bronze.RECORDS, "previous": Previous(silver.SURVEY_ANSWERS)},
    writes=(silver.SURVEY_ANSWERS, silver.QUARANTINES["survey_answers"], silver.DUPLICATES["survey_answers"]),
    transform=transform,
    mode=Append(stream="records", only=of_target(silver.SURVEY_ANSWERS)),
    purpose=Purpose.OPERATION,
    params=SilverParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main([JOB.name, *sys.argv[1:]])
