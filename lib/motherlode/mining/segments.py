"""The segment of each customer, numbered by falling value and named by what sets it apart."""

from dataclasses import dataclass

from pyspark.ml import Transformer
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from motherlode.mining.segment_names import name_segments


@dataclass(frozen=True)
class Trait:
    """What may be said of a segment's customers.

    Args:
        measure: SQL over the features and RFM scores; null where it is not known of a customer.
        buyers: of buyers alone, against the mean buyer.
        least: how far from the mean of all it must lie, in its own unit, to be worth a word.
    """

    measure: str
    buyers: bool = True
    least: float = 0.0


# Shares that hardly vary stand out by few points: ten are asked for.
TRAITS: dict[str, Trait] = {
    "recency": Trait("recency_score"),
    "frequency": Trait("frequency_score"),
    "money": Trait("monetary_score"),
    "basket": Trait("ln(1 + greatest(net_per_order, 0))"),
    "online": Trait("online_share", least=0.1),
    "discount": Trait("discount_share", least=0.1),
    "visits": Trait("ln(1 + sessions_28d)", buyers=False),
    "email": Trait("email_open_rate", buyers=False, least=0.1),
}


def with_segments(model: Transformer, scored: DataFrame) -> DataFrame:
    """`scored` with segment_id (from 1, by falling mean of net) and segment.

    Only means and deviations come to the driver: a row for each cluster and one for all customers.

    Args:
        scored: customer_features with their RFM scores.
    """
    columns = scored.columns
    labelled = model.transform(scored).persist()
    sums = [F.count("*").alias("size"), F.count_if(F.col("orders") > 0).alias("buyers"), F.avg("net").alias("value")]
    for name, trait in TRAITS.items():
        known = F.expr(f"CASE WHEN orders > 0 THEN {trait.measure} END" if trait.buyers else trait.measure)
        sums += [how(known).alias(f"{name}_{how.__name__}") for how in (F.count, F.avg, F.stddev_pop)]
    found = list(labelled.rollup("cluster").agg(*sums).toLocalIterator())
    everybody = [row for row in found if row.cluster is None]
    order = sorted((row for row in found if row.cluster is not None), key=lambda row: (-row.value, row.cluster))
    if not order:
        empty = F.lit(None)
        return scored.select(*columns, empty.cast("int").alias("segment_id"), empty.cast("string").alias("segment"))
    names = name_segments([_apart(row, everybody[0]) for row in order], [row.buyers * 2 < row["size"] for row in order])
    numbers = {row.cluster: place for place, row in enumerate(order, start=1)}
    number = F.create_map(*[F.lit(part) for pair in numbers.items() for part in pair])[F.col("cluster")]
    return labelled.select(
        *columns,
        number.cast("int").alias("segment_id"),
        F.element_at(F.array(*[F.lit(name) for name in names]), number.cast("int")).alias("segment"),
    )


def _apart(segment: Row, everybody: Row) -> dict[str, float]:
    """How many standard deviations each trait lies from that of all, where it is known of half of the segment."""
    apart = {}
    for name, trait in TRAITS.items():
        spread = everybody[f"{name}_stddev_pop"]
        if not spread or segment[f"{name}_count"] * 2 < segment["size"]:
            continue
        far = segment[f"{name}_avg"] - everybody[f"{name}_avg"]
        if abs(far) >= trait.least:
            apart[name] = far / spread
    return apart
