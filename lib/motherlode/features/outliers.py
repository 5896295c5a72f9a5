"""What lies far from all others of its kind: bounds fitted from the data, so never on single records in silver."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

USUAL_FACTORS: Mapping[str, float] = {"iqr": 3.0, "mad": 3.5, "z": 3.0}
"""Tukey 1977, "far out"; Iglewicz & Hoaglin 1993; three standard deviations."""
_MAD_TO_DEVIATION = 1.4826
"""Of a normal distribution, the standard deviation over the median absolute deviation."""
_KIND = "channel"


@dataclass(frozen=True)
class OutliersParams:
    """What is unusual.

    Args:
        method: iqr: factor times the distance of the quartiles beyond them; mad: factor times the median absolute
            deviation, scaled to a standard one, from the median; z: factor standard deviations from the mean, which
            large outliers draw to themselves.
        factor: 0 is the method's usual one: 3, 3.5, 3.
        least_values: of fewer none is unusual.
    """

    method: str = "iqr"
    factor: float = 0.0
    least_values: int = 30

    def __post_init__(self) -> None:
        if self.method not in USUAL_FACTORS:
            raise ValueError(f"method {self.method!r} is unknown; known: {', '.join(USUAL_FACTORS)}")
        if self.factor < 0:
            raise ValueError("factor must be 0 or more")


def bounds(rows: DataFrame, kind: str, value: str, params: OutliersParams) -> DataFrame:
    """`kind`, least, greatest: the bounds of usual values, a row for each kind; null of few values, and of values that
    hardly differ: beside many equal ones any other would be far."""
    fit: Mapping[str, Callable[[DataFrame, str, str], DataFrame]] = {"iqr": _quartiles, "mad": _medians, "z": _means}
    factor = params.factor or USUAL_FACTORS[params.method]
    fitted = fit[params.method](rows.where(F.col(value).isNotNull()), kind, value)
    is_known = (F.col("values") >= params.least_values) & (F.col("spread") > 0)
    return fitted.select(
        kind,
        F.when(is_known, F.col("low") - factor * F.col("spread")).alias("least"),
        F.when(is_known, F.col("high") + factor * F.col("spread")).alias("greatest"),
    )


def _quartiles(rows: DataFrame, kind: str, value: str) -> DataFrame:
    found = rows.groupBy(kind).agg(F.count(F.lit(1)).alias("values"), _quantiles(value, 0.25, 0.75).alias("q"))
    low, high = F.get("q", F.lit(0)), F.get("q", F.lit(1))
    return found.select(kind, "values", low.alias("low"), high.alias("high"), (high - low).alias("spread"))


def _medians(rows: DataFrame, kind: str, value: str) -> DataFrame:
    middles = rows.groupBy(kind).agg(F.get(_quantiles(value, 0.5), F.lit(0)).alias("middle"))
    apart = rows.join(F.broadcast(middles), on=kind, how="inner").withColumn(
        "apart", F.abs(F.col(value) - F.col("middle"))
    )
    found = apart.groupBy(kind, "middle").agg(
        F.count(F.lit(1)).alias("values"), F.get(_quantiles("apart", 0.5), F.lit(0)).alias("mad")
    )
    middle = F.col("middle")
    return found.select(
        kind, "values", middle.alias("low"), middle.alias("high"), (_MAD_TO_DEVIATION * F.col("mad")).alias("spread")
    )


def _means(rows: DataFrame, kind: str, value: str) -> DataFrame:
    found = rows.groupBy(kind).agg(
        F.count(F.lit(1)).alias("values"), F.avg(value).alias("mean"), F.stddev_samp(value).alias("spread")
    )
    return found.select(kind, "values", F.col("mean").alias("low"), F.col("mean").alias("high"), "spread")


def _quantiles(value: str, *shares: float) -> Column:
    return F.percentile_approx(F.col(value).cast("double"), list(shares), 10_000)


def unusual_baskets(baskets: DataFrame, as_of: date, params: OutliersParams) -> DataFrame:
    """Rows of features.unusual_baskets: those whose net lies beyond the bounds of their channel, as known at the end of
    `as_of`."""
    day = F.lit(as_of)
    known = baskets.where((F.col("day") <= day) & (F.col("known_on") <= day)).select(
        "order_id", "customer_id", _KIND, F.col("net").cast("double").alias("net")
    )
    judged = known.join(F.broadcast(bounds(known, _KIND, "net", params)), on=_KIND, how="inner")
    beyond = judged.where((F.col("net") < F.col("least")) | (F.col("net") > F.col("greatest")))
    capped = F.least(F.greatest("net", "least"), "greatest")
    return beyond.select(
        day.alias("as_of"), "order_id", "customer_id", _KIND, "net", "least", "greatest", capped.alias("capped")
    )
