"""K-means over recency, frequency, money and behaviour."""

from dataclasses import dataclass

from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.clustering import KMeans, KMeansModel
from pyspark.ml.evaluation import ClusteringEvaluator
from pyspark.ml.feature import SQLTransformer, StandardScaler, VectorAssembler
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# Each measure of a segment and how it comes from customer_features. Unknown becomes a value of its own:
# who never bought was last seen buying before being known, and `buys` says so.
MEASURES: dict[str, str] = {
    "recency": "ln(1 + coalesce(recency_days, greatest(tenure_days, 0)))",
    "frequency": "ln(1 + orders)",
    "money": "ln(1 + greatest(net, 0))",
    "basket": "ln(1 + greatest(coalesce(net_per_order, 0), 0))",
    "online": "coalesce(online_share, 0)",
    "discount": "coalesce(discount_share, 0)",
    "visits": "ln(1 + sessions_28d)",
    "email": "coalesce(email_open_rate, 0)",
    "buys": "CASE WHEN orders > 0 THEN 1.0 ELSE 0.0 END",
}
NEEDED = (
    "recency_days",
    "tenure_days",
    "orders",
    "net",
    "net_per_order",
    "online_share",
    "discount_share",
    "sessions_28d",
    "email_open_rate",
)


@dataclass(frozen=True)
class SegmenterParams:
    """How customers are split into segments.

    Args:
        k_min: fewest segments to try.
        k_max: most segments to try.
        max_iterations: of Lloyd's algorithm.
        seed: of the first centres.
        min_customers: least customers to train on; a fifth of them are kept to judge on.
    """

    k_min: int = 4
    k_max: int = 6
    max_iterations: int = 15
    seed: int = 17
    min_customers: int = 50

    def __post_init__(self) -> None:
        if not 2 <= self.k_min <= self.k_max:
            raise ValueError("k_min must be 2 or more, and not above k_max")


def preparation() -> Pipeline:
    """From features to `scaled`: unknown imputed, skewed amounts by logarithm, mean 0 and deviation 1."""
    columns = ", ".join(f"{rule} AS {name}" for name, rule in MEASURES.items())
    return Pipeline(
        stages=[
            SQLTransformer(statement=f"SELECT *, {columns} FROM __THIS__"),  # noqa: S608 -- constants of this file
            VectorAssembler(inputCols=list(MEASURES), outputCol="measures"),
            StandardScaler(inputCol="measures", outputCol="scaled", withMean=True, withStd=True),
        ]
    )


def cluster(scaled: DataFrame, k: int, params: SegmenterParams) -> KMeansModel:
    """Fit K-means to `scaled`."""
    return KMeans(
        k=k, featuresCol="scaled", predictionCol="cluster", maxIter=params.max_iterations, seed=params.seed
    ).fit(scaled)


def silhouette(scaled: DataFrame, labels: str) -> float:
    """Mean silhouette (Rousseeuw 1987) with squared Euclidean distance; -1 for a single cluster."""
    if scaled.select(labels).distinct().limit(2).count() < 2:
        return -1.0
    value: float = ClusteringEvaluator(featuresCol="scaled", predictionCol=labels).evaluate(scaled)
    return value


def split(features: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Four fifths to train on and one to judge on, by hash of the customer."""
    fifth = F.pmod(F.xxhash64("customer_id"), F.lit(5))
    return features.where(fifth != 0), features.where(fifth == 0)


def best_k(trained_on: DataFrame, judged_on: DataFrame, params: SegmenterParams) -> tuple[int, float]:
    """The k, and its silhouette on customers that it has not seen; the smaller k wins a tie.

    Both frames hold `scaled`.
    """
    tried = {
        k: silhouette(cluster(trained_on, k, params).transform(judged_on), "cluster")
        for k in range(params.k_min, params.k_max + 1)
    }
    k = max(tried, key=lambda one: (tried[one], -one))
    return k, tried[k]


def assembled(prepared: PipelineModel, clusters: KMeansModel) -> PipelineModel:
    """One pipeline from features to `cluster`."""
    return PipelineModel(stages=[*prepared.stages, clusters])
