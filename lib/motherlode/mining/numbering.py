"""Dense 32-bit numbers for ids, as ALS wants them: no hash that could collide, no window over everything."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

BUCKETS = 256
MAX_NUMBER = 2**31 - 1


def numbered(rows: DataFrame, id_column: str, number_column: str) -> DataFrame:
    """The distinct ids of `rows`, numbered from 0 without gaps; the same ids always get the same numbers.

    Ids are counted by hash bucket, a bucket's first number is the sum of the counts before it, and
    numbers run by id within a bucket.
    """
    bucket = F.pmod(F.xxhash64(id_column), F.lit(BUCKETS)).alias("bucket")
    ids = rows.select(id_column).distinct().select(id_column, bucket)
    counts = ids.groupBy("bucket").agg(F.count(F.lit(1)).alias("ids"))
    earlier = counts.select(F.col("bucket").alias("earlier"), F.col("ids").alias("before"))
    offsets = (
        counts.join(earlier, on=F.col("earlier") < F.col("bucket"), how="left")
        .groupBy("bucket")
        .agg(F.coalesce(F.sum("before"), F.lit(0)).alias("first"))
    )
    within = F.row_number().over(Window.partitionBy("bucket").orderBy(id_column)) - 1
    number = F.col("first") + F.col("within")
    too_many = F.raise_error(F.lit(f"more than {MAX_NUMBER} values of {id_column}: ALS takes 32-bit numbers"))
    return (
        ids.withColumn("within", within)
        .join(F.broadcast(offsets), on="bucket", how="inner")
        .select(id_column, F.when(number <= MAX_NUMBER, number).otherwise(too_many).cast("int").alias(number_column))
    )
