"""Segment lines in any number, natively: a hundredth of them broken in thirty ways."""

from pathlib import Path

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

BROKEN_OF = 100
"""One line of so many is broken."""
DAYS = 120
FIRST = "2017-09-01 00:00:00"
_MIDDLE = "cast(length(line) / 2 as int)"
BROKEN: tuple[str, ...] = (
    f"substring(line, 1, {_MIDDLE})",
    "concat(line, line)",
    "substring(line, 2)",
    "concat(line, '}')",
    "concat('[', line, ']')",
    "'null'",
    "'true'",
    "'17'",
    "'\"a text\"'",
    "'{}'",
    "'[]'",
    "'<html><body>502 Bad Gateway</body></html>'",
    '\'{"error":"timeout"}\'',
    "replace(line, '\"messageId\":', '\"message_id\":')",
    'regexp_replace(line, \'"messageId":"[^"]*"\', \'"messageId":""\')',
    'regexp_replace(line, \'"messageId":"([^"]*)"\', \'"messageId":{"value":"$1"}\')',
    'regexp_replace(line, \'"messageId":"([^"]*)"\', \'"messageId":["$1"]\')',
    'regexp_replace(line, \'"originalTimestamp":"[^"]*"\', \'"originalTimestamp":""\')',
    'regexp_replace(line, \'"originalTimestamp":"[^"]*"\', \'"originalTimestamp":"2017-02-31T25:61:00"\')',
    'regexp_replace(line, \'"originalTimestamp":"[^"]*"\', \'"originalTimestamp":"0000-01-01T00:00:00Z"\')',
    'regexp_replace(line, \'"originalTimestamp":"[^"]*"\', \'"originalTimestamp":"9999-12-31T23:59:59Z"\')',
    'regexp_replace(line, \'"originalTimestamp":"\', \'"originalTimestamp":"-\')',
    'regexp_replace(line, \'"originalTimestamp":"[^"]*"\', \'"originalTimestamp":"yesterday"\')',
    'regexp_replace(line, \'"type":"[^"]*"\', \'"type":"tracking"\')',
    'regexp_replace(line, \'"type":"[^"]*"\', \'"type":null\')',
    'regexp_replace(line, \'"context":\', \'"context":"none","was":\')',
    "replace(line, '\"', '''')",
    "replace(line, ':', '=')",
    "concat(line, ',\"n\":1.2.3}')",
    "concat('\\u0001', line)",
)
"""Expressions that break a `line`."""


def write_lines(
    spark: SparkSession, folder: Path, first: int, count: int, files: int, day: Column | None = None
) -> None:
    """Lines `first` to `first + count` as text files.

    Args:
        day: of DAYS, by `id`, on which each event happens; without it all days alike.
    """
    ids = spark.range(first, first + count, numPartitions=files)
    at = F.coalesce(day, F.lit(None).cast("long")) if day is not None else F.pmod(F.xxhash64("id"), F.lit(DAYS))
    seconds = at * 86_400 + F.pmod(F.xxhash64("id", F.lit(1)), F.lit(86_400))
    when = F.timestamp_seconds(F.unix_timestamp(F.lit(FIRST).cast("timestamp")) + seconds)
    person = F.pmod(F.xxhash64("id", F.lit(2)), F.lit(max(count // 50, 1)))
    product = F.pmod(F.xxhash64("id", F.lit(3)), F.lit(20_000)).cast("string")
    kind = F.pmod(F.col("id"), F.lit(10))
    iso = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"
    path = F.concat(F.lit("/products/"), product)
    line = F.to_json(
        F.struct(
            F.when(kind < 6, "track").when(kind < 9, "page").otherwise("identify").alias("type"),
            F.concat(F.lit("m-"), F.lpad(F.col("id").cast("string"), 12, "0")).alias("messageId"),
            F.concat(F.lit("c-"), person).alias("anonymousId"),
            F.when(kind > 6, F.concat(F.lit("u-"), person)).alias("userId"),
            F.when(kind < 4, "Product Viewed").when(kind < 6, "Product Added").alias("event"),
            F.when((kind >= 6) & (kind < 9), "Product").alias("name"),
            F.when(kind < 6, F.struct(product.alias("product_id"), F.lit("USD").alias("currency"))).alias("properties"),
            F.when(kind == 9, F.struct(F.concat(person, F.lit("@example.com")).alias("email"))).alias("traits"),
            F.struct(
                F.lit("203.0.113.9").alias("ip"),
                F.lit("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36").alias(
                    "userAgent"
                ),
                F.struct(path.alias("path"), F.concat(F.lit("https://shop.example.com"), path).alias("url")).alias(
                    "page"
                ),
            ).alias("context"),
            F.date_format(when, iso).alias("originalTimestamp"),
            F.date_format(when + F.expr("INTERVAL 1 SECOND"), iso).alias("sentAt"),
            F.date_format(when + F.expr("INTERVAL 2 SECONDS"), iso).alias("receivedAt"),
        )
    )
    lines = ids.withColumn("line", line)
    broken = F.lit(None).cast("string")
    which = F.pmod(F.floor(F.col("id") / BROKEN_OF), F.lit(len(BROKEN)))
    for number, expression in enumerate(BROKEN):
        broken = F.when(which == number, F.expr(expression)).otherwise(broken)
    is_broken = F.pmod(F.col("id"), F.lit(BROKEN_OF)) == BROKEN_OF - 1
    told = lines.select(F.when(is_broken, broken).otherwise(F.col("line")).alias("value"))
    told.write.mode("overwrite").text(str(folder))
