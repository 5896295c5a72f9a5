"""How likely each customer is to buy nothing within the horizon, by the champion.

How it grows: one pass over the customers with a recent basket for the cuts of the deciles, and one to write.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import features, mining
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.models import Champion
from motherlode.contracts.tables import Purpose
from motherlode.mining.churn import ChurnParams, score
from motherlode.mining.deciles import with_decile


def transform(champion: Champion, customers: DataFrame, as_of: date, params: ChurnParams) -> Outputs:
    scored = score(champion.model, customers.where(F.col("as_of") == F.lit(as_of))).persist()
    ranked = with_decile(scored, "probability", "customer_id", "risk_decile").select(
        F.lit(as_of).alias("as_of"),
        "customer_id",
        "probability",
        "risk_decile",
        F.lit(params.horizon_days).alias("horizon_days"),
        F.lit(champion.version).alias("model_version"),
    )
    return {mining.CHURN_SCORES.name: ranked}


JOB = Job(
    name="mining.churn_scores",
    doc="Scores the customers who bought in the last 84 days: the chance that they buy nothing within the horizon",
    reads={"champion": mining.CHURN, "customers": features.CUSTOMER_FEATURES},
    writes=(mining.CHURN_SCORES,),
    transform=transform,
    mode=Snapshot(),
    purpose=Purpose.ANALYTICS,
    params=ChurnParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.churn_scores", *sys.argv[1:]])
