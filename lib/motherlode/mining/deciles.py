"""Tenths of rows by a score, by approximate quantiles: no sort of everything in one partition."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_CUTS = [tenth / 10 for tenth in range(1, 10)]


def with_decile(rows: DataFrame, score: str, id_column: str, decile: str) -> DataFrame:
    """`rows` and `decile`: 1 for the tenth of the greatest scores.

    Trees give many equal scores; a hash of the id parts them evenly, so that tenths are tenths.
    """
    spread = F.pmod(F.xxhash64(id_column), F.lit(1_000_003)) / 1_000_003
    broken = F.col(score) + spread * 1e-9
    cuts = rows.agg(F.percentile_approx(broken, _CUTS, 100_000).alias("cuts"))
    reached = F.size(F.filter("cuts", lambda cut: cut < broken))
    return rows.crossJoin(F.broadcast(cuts)).select(
        *[F.col(name) for name in rows.columns], (10 - F.coalesce(reached, F.lit(0))).cast("int").alias(decile)
    )
