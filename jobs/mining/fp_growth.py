"""Frequent sets of product types in baskets.

How it grows: FP-Growth shards by item over the cluster; the item sets, bounded by fp_growth.max_item_sets, are what
the model holds, however many baskets there are.
"""

import sys
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import features, mining
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.models import Fitted
from motherlode.contracts.tables import Purpose
from motherlode.mining.errors import require
from motherlode.mining.frames import known_by
from motherlode.mining.rule_quality import best_sellers, complete_baskets
from motherlode.mining.rules import FpGrowthParams, mine, rules_of


def transform(baskets: DataFrame, as_of: date, params: FpGrowthParams) -> Outputs:
    cut = as_of - timedelta(days=params.holdout_days)
    filled = baskets.where(F.size("product_types") > 0).select("order_id", "day", "known_on", "product_types")
    known = known_by(filled, as_of).persist()
    before, after = known_by(known, cut), known.where(F.col("day") > F.lit(cut))
    require("mining.fp_growth", before.count(), params.min_baskets, f"baskets up to {cut}")
    require("mining.fp_growth", after.count(), params.min_baskets, f"baskets after {cut}")
    metrics, baseline = complete_baskets(
        rules_of(mine(before, params)), best_sellers(before), after, params.suggestions
    )
    model = mine(known, params)
    sizes = {"item_sets": float(model.freqItemsets.count()), "rules": float(model.associationRules.count())}
    fitted = Fitted(
        model=model,
        example=known.select("product_types").limit(5),
        metrics={**metrics, **sizes},
        parameters={"min_support": params.min_support, "min_confidence": params.min_confidence},
        baseline=baseline,
    )
    return {mining.FP_GROWTH.name: fitted}


JOB = Job(
    name="mining.fp_growth",
    doc="Finds which product types are often bought together",
    reads={"baskets": features.BASKETS},
    writes=(mining.FP_GROWTH,),
    transform=transform,
    mode=Snapshot(),
    purpose=Purpose.ANALYTICS,
    params=FpGrowthParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.fp_growth", *sys.argv[1:]])
