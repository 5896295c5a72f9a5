"""The segment of each customer, numbered by falling value and named by what sets it apart."""

from pyspark.ml import Transformer
from pyspark.ml.clustering import KMeansModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.mining.segment_names import name_segments
from motherlode.mining.segmenter import MEASURES
from motherlode.mining.stages import stage_of


def with_segments(model: Transformer, features: DataFrame) -> DataFrame:
    """`features` with segment_id (from 1, by falling mean of net) and segment.

    Only the means of the clusters come to the driver: as many rows as there are clusters.
    """
    columns = features.columns
    labelled = model.transform(features).persist()
    means = labelled.groupBy("cluster").agg(
        F.avg("net").alias("value"), F.avg((F.col("orders") == 0).cast("double")).alias("non_buyers")
    )
    order = sorted(means.toLocalIterator(), key=lambda row: (-row.value, row.cluster))
    if not order:
        empty = F.lit(None)
        return features.select(*columns, empty.cast("int").alias("segment_id"), empty.cast("string").alias("segment"))
    centres = stage_of(model, KMeansModel).clusterCenters()
    by_measure = [dict(zip(MEASURES, map(float, centres[row.cluster]), strict=True)) for row in order]
    names = name_segments(by_measure, [row.non_buyers > 0.5 for row in order])
    numbers = {row.cluster: place for place, row in enumerate(order, start=1)}
    number = F.create_map(*[F.lit(part) for pair in numbers.items() for part in pair])[F.col("cluster")]
    return labelled.select(
        *columns,
        number.cast("int").alias("segment_id"),
        F.element_at(F.array(*[F.lit(name) for name in names]), number.cast("int")).alias("segment"),
    )
