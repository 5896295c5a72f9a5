"""The churn model, trained on earlier dates and judged on a later one.

How it grows: a row for each customer and training date; each level of each tree passes over them once without a
shuffle of rows. The features of a date are one grouped pass over the customer-days.
"""

import sys
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts import features, mining
from motherlode.contracts.jobs import Job, Outputs, Snapshot
from motherlode.contracts.models import Fitted
from motherlode.contracts.tables import Purpose
from motherlode.features.customer_features import customer_features
from motherlode.features.labels import churn_labels
from motherlode.mining.binary_metrics import counts, probability_metrics, ranking_metrics
from motherlode.mining.churn import (
    INPUTS,
    LABEL,
    ChurnParams,
    judged_date,
    outcomes,
    probability,
    rarity_rule,
    train,
    training_dates,
)
from motherlode.mining.deciles import with_decile
from motherlode.mining.errors import require
from motherlode.mining.frames import compact, known_by


def transform(days: DataFrame, as_of: date, params: ChurnParams) -> Outputs:
    known = known_by(days, as_of)
    judged_on, earlier = judged_date(as_of, params), training_dates(as_of, params)
    dated = outcomes(
        known,
        [judged_on, *earlier],
        customer_features,
        lambda days, day: churn_labels(days, day, params.horizon_days),
    )
    rows, _ = compact(dated)
    before = rows.where(F.col("dated") < F.lit(judged_on))
    judged = rows.where(F.col("dated") == F.lit(judged_on))
    base_rate = _base_rate(before, params, "to train on")
    _base_rate(judged, params, "to judge on")

    told = train(before, params).transform(judged).withColumn("probability", probability()).persist()
    tenths = _evaluation(told, as_of, judged_on).persist()
    share, lift = _first_tenth(tenths)
    metrics = {
        **ranking_metrics(counts(told, F.col("probability"), LABEL)),
        **probability_metrics(told, F.col("probability"), LABEL),
        "lift_top_decile": lift,
    }
    baseline = {
        **ranking_metrics(counts(judged, rarity_rule(), LABEL), share),
        **probability_metrics(judged, F.lit(base_rate), LABEL),
    }
    fitted = Fitted(
        model=train(rows, params),
        example=judged.select(*INPUTS).limit(5),
        metrics=metrics,
        parameters={
            "horizon_days": params.horizon_days,
            "train_dates": params.train_dates,
            "depth": params.depth,
            "trees": params.trees,
            "learning_rate": params.learning_rate,
            "leaf": params.leaf,
            "sample": params.sample,
            "seed": params.seed,
            "judged_on": judged_on.isoformat(),
        },
        baseline=baseline,
    )
    return {mining.CHURN.name: fitted, mining.CHURN_EVALUATION.name: tenths}


def _base_rate(rows: DataFrame, params: ChurnParams, what: str) -> float:
    """The share of churners, once there are enough of both outcomes."""
    sums = rows.agg(F.count(F.lit(1)).alias("all"), F.coalesce(F.sum(LABEL), F.lit(0)).alias("churned")).first()
    everyone, churned = (0, 0) if sums is None else (sums["all"], sums["churned"])
    require("mining.churn", churned, params.min_cases, f"customers {what} who churned")
    require("mining.churn", everyone - churned, params.min_cases, f"customers {what} who stayed")
    return float(churned / max(everyone, 1))


def _first_tenth(tenths: DataFrame) -> tuple[float, float]:
    """Which share of the customers is in the tenth most at risk, and its lift: the rival is judged on as many."""
    first, *rest = tenths.select("customers", "lift").orderBy("decile").toLocalIterator()
    return first.customers / (first.customers + sum(row.customers for row in rest)), float(first.lift)


def _evaluation(told: DataFrame, as_of: date, judged_on: date) -> DataFrame:
    all_cases = told.agg(F.avg(F.col(LABEL).cast("double")).alias("rate_of_all"))
    return (
        with_decile(told.select("customer_id", "probability", LABEL), "probability", "customer_id", "decile")
        .groupBy("decile")
        .agg(
            F.count(F.lit(1)).alias("customers"),
            F.sum(F.col(LABEL).cast("long")).alias("churned"),
            F.avg("probability").alias("mean_probability"),
            F.avg(F.col(LABEL).cast("double")).alias("churn_rate"),
        )
        .crossJoin(F.broadcast(all_cases))
        .select(
            F.lit(as_of).alias("as_of"),
            F.lit(judged_on.isoformat()).alias("judged_on"),
            "decile",
            "customers",
            "churned",
            "mean_probability",
            "churn_rate",
            (F.col("churn_rate") / F.col("rate_of_all")).alias("lift"),
        )
    )


JOB = Job(
    name="mining.churn",
    doc="Trains the churn model on earlier dates and judges it on a later one",
    reads={"days": features.CUSTOMER_DAYS},
    writes=(mining.CHURN, mining.CHURN_EVALUATION),
    transform=transform,
    mode=Snapshot(),
    purpose=Purpose.ANALYTICS,
    params=ChurnParams,
)

if __name__ == "__main__":
    from jobs.pipeline import main

    main(["mining.churn", *sys.argv[1:]])
