"""Identity against the labelled sample. How it grows: with the sample; pairs are counted, never made."""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import identity, silver
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.identity.accuracy import accuracy


def transform(customer_map: DataFrame, truth: DataFrame) -> dict[str, DataFrame]:
    return {"accuracy": accuracy(customer_map, truth)}


JOB = Job(
    name="identity.accuracy",
    doc="Pairwise precision and recall of the customers against the labelled sample",
    reads={"customer_map": identity.CUSTOMER_MAP, "truth": silver.IDENTITY_TRUTH},
    writes=(identity.ACCURACY,),
    transform=transform,
    mode=Upsert(),
    purpose=Purpose.OPERATION,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["identity.accuracy", *sys.argv[1:]])
