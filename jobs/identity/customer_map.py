"""The map of identifiers to customers. How it grows: recomputed from all evidence, with its pairs, not its
records: a few shuffles of the pairs, and of ever fewer vertices where the graph is too large for one
partition; the rules hold one component at a time. One shared identifier's logins are sorted by one task.
"""

import sys

from pyspark.sql import DataFrame

from motherlode.contracts import identity
from motherlode.contracts.jobs import Job, Upsert
from motherlode.contracts.tables import Purpose
from motherlode.identity.customer_map import customer_map
from motherlode.identity.params import IdentityParams


def transform(evidence: DataFrame, params: IdentityParams) -> dict[str, DataFrame]:
    return {"customer_map": customer_map(evidence, params)}


JOB = Job(
    name="identity.customer_map",
    doc="Which customer each identifier belongs to, from when to when",
    reads={"evidence": identity.EVIDENCE},
    writes=(identity.CUSTOMER_MAP,),
    transform=transform,
    mode=Upsert(),
    purpose=Purpose.OPERATION,
    params=IdentityParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["identity.customer_map", *sys.argv[1:]])
