"""Rules between product types, from the champion's item sets.

How it grows: with the number of item sets, which fp_growth.max_item_sets bounds; baskets are not read again.
"""

import sys
from datetime import date

from pyspark.ml.fpm import FPGrowthModel
from pyspark.sql import functions as F

from motherlode.contracts import mining
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.models import Champion
from motherlode.contracts.tables import Purpose
from motherlode.mining.rules import rules_of
from motherlode.mining.stages import stage_of


def transform(champion: Champion, as_of: date) -> Outputs:
    rules = rules_of(stage_of(champion.model, FPGrowthModel)).select(
        F.lit(as_of).alias("as_of"),
        "rule_id",
        "antecedent",
        "consequent",
        "baskets",
        "support",
        "confidence",
        "lift",
        "leverage",
        F.lit(champion.version).alias("model_version"),
    )
    return {mining.ASSOCIATION_RULES.name: rules}


JOB = Job(
    name="mining.association_rules",
    doc="Writes the champion's rules with support, confidence, lift and leverage",
    reads={"champion": mining.FP_GROWTH},
    writes=(mining.ASSOCIATION_RULES,),
    transform=transform,
    mode=Snapshot(),
    purpose=Purpose.ANALYTICS,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.association_rules", *sys.argv[1:]])
