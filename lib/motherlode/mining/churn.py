"""Churn: the chance that a customer who bought lately buys nothing within the horizon."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.classification import GBTClassifier, LogisticRegression
from pyspark.ml.feature import SQLTransformer, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.features import CUSTOMER_FEATURES

LABEL = "churned"
# Unknown is a value of its own, below every known one: a tree can cut it off.
UNKNOWN = -1.0
MEASURES = tuple(field for field in CUSTOMER_FEATURES.fields if field.name not in CUSTOMER_FEATURES.key)
INPUTS = tuple(field.name for field in MEASURES)

FeaturesAsOf = Callable[[date], DataFrame]


@dataclass(frozen=True)
class ChurnParams:
    """How churn is defined, trained and judged.

    Args:
        horizon_days: who buys nothing within so many days has churned.
        train_dates: dates before the judged one, a horizon apart, whose customers are trained on.
        min_cases: least customers of each outcome to train on, and to judge on.
        depth: of a tree.
        trees: how many are boosted.
        learning_rate: share of each tree's correction that is taken.
        seed: of the sampling.
    """

    horizon_days: int = 28
    train_dates: int = 3
    min_cases: int = 100
    depth: int = 3
    trees: int = 20
    learning_rate: float = 0.2
    seed: int = 17

    def __post_init__(self) -> None:
        if self.horizon_days < 1 or self.train_dates < 2:
            raise ValueError("horizon_days must be 1 or more, train_dates 2 or more")


def at_risk(features: DataFrame) -> DataFrame:
    """Who can churn: customers with a basket in the last 84 days."""
    return features.where(F.col("orders_84d") > 0)


def judged_date(as_of: date, params: ChurnParams) -> date:
    """The newest date whose outcome is known as of `as_of`."""
    return as_of - timedelta(days=params.horizon_days)


def training_dates(as_of: date, params: ChurnParams) -> list[date]:
    """Dates whose outcomes were known on the judged date, newest first."""
    newest = judged_date(as_of, params)
    return [newest - timedelta(days=params.horizon_days * step) for step in range(1, params.train_dates + 1)]


def outcomes(dates: Sequence[date], features: FeaturesAsOf, labels: FeaturesAsOf) -> DataFrame:
    """Each date's customers at risk with their features and what became of them: `dated`, `churned` (0, 1).

    Args:
        features: customer_features as of a date.
        labels: customer_id, churned: the outcome within the horizon after a date.
    """
    stacked = [
        at_risk(features(day))
        .select("customer_id", *INPUTS)
        .join(labels(day).select("customer_id", F.col(LABEL).cast("int").alias(LABEL)), on="customer_id", how="inner")
        .withColumn("dated", F.lit(day))
        for day in dates
    ]
    return reduce(DataFrame.unionByName, stacked)


def train(rows: DataFrame, params: ChurnParams) -> PipelineModel:
    """Gradient-boosted trees, both outcomes weighing the same; gives `margin`, not yet a probability."""
    filled = ", ".join(f"coalesce(CAST({name} AS DOUBLE), {UNKNOWN}D) AS in_{name}" for name in INPUTS)
    prepare = SQLTransformer(statement=f"SELECT *, {filled} FROM __THIS__")  # noqa: S608 -- names of a contract
    gather = VectorAssembler(inputCols=[f"in_{name}" for name in INPUTS], outputCol="inputs")
    vectors = gather.transform(prepare.transform(_weighted(rows))).select("inputs", LABEL, "weight").persist()
    boosting = GBTClassifier(
        featuresCol="inputs",
        labelCol=LABEL,
        weightCol="weight",
        predictionCol="leaning",
        maxDepth=params.depth,
        maxIter=params.trees,
        stepSize=params.learning_rate,
        seed=params.seed,
    )
    trees = boosting.setRawPredictionCol("margin").setProbabilityCol("uncalibrated").fit(vectors)
    vectors.unpersist()
    return PipelineModel(stages=[prepare, gather, trees])


def calibrated(trees: PipelineModel, unseen: DataFrame, asked: PipelineModel) -> PipelineModel:
    """`asked` with its margins turned into probabilities (Platt 1999), fitted where `trees` had not seen the rows.

    Weighted, boosted trees rank well but are over-confident; the slope and offset come from rows after
    those that they were trained on.
    """
    scale = LogisticRegression(
        featuresCol="margin",
        labelCol=LABEL,
        rawPredictionCol="log_odds",
        probabilityCol="probabilities",
        predictionCol="prediction",
        regParam=1e-4,
        maxIter=25,
    ).fit(trees.transform(unseen).select("margin", LABEL).persist())
    return PipelineModel(stages=[*asked.stages, scale])


def probability() -> Column:
    """The chance of churn, of what a calibrated model gives."""
    return vector_to_array(F.col("probabilities"))[1]


def score(model: Transformer, features: DataFrame) -> DataFrame:
    """customer_id, probability of the customers at risk."""
    return model.transform(at_risk(features).select("customer_id", *INPUTS)).select(
        "customer_id", probability().alias("probability")
    )


def lateness_rule() -> Column:
    """The simplest rival: days since the last basket over the customer's own mean gap, squeezed into 0 to 1.

    A customer with a single day of baskets has no gap: 28 days stand in.
    """
    late = F.col("recency_days") / F.greatest(F.coalesce("mean_gap_days", F.lit(28.0)), F.lit(1.0))
    return late / (1 + late)


def _weighted(rows: DataFrame) -> DataFrame:
    churners = rows.agg(F.avg(F.col(LABEL).cast("double")).alias("share"))
    weight = F.when(F.col(LABEL) == 1, 0.5 / F.col("share")).otherwise(0.5 / (1 - F.col("share")))
    return rows.crossJoin(F.broadcast(churners)).select(*[F.col(name) for name in rows.columns], weight.alias("weight"))
