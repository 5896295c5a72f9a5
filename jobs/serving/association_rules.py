"""The rules of the newest day, for those who read them.

How it grows: with the number of rules, which mining.fp_growth bounds.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import mining, serving
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.tables import Purpose


def transform(rules: DataFrame, as_of: date) -> Outputs:
    newest = rules.where(F.col("as_of") == F.lit(as_of)).select(*serving.ASSOCIATION_RULES.columns)
    return {serving.ASSOCIATION_RULES.name: newest}


JOB = Job(
    name="serving.association_rules",
    doc="Which product types are bought together",
    reads={"rules": mining.ASSOCIATION_RULES},
    writes=(serving.ASSOCIATION_RULES,),
    transform=transform,
    mode=Snapshot(history=False),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["serving.association_rules", *sys.argv[1:]])
