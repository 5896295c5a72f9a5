"""What planted segments are called: buyers against buyers, and only by what is known of them."""

from pyspark.ml.feature import SQLTransformer
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from motherlode.mining.segments import with_segments

PLANTED = "SELECT *, planted AS cluster FROM __THIS__"
SCHEMA = (
    "customer_id string, planted int, orders long, net double, net_per_order double, online_share double,"
    " discount_share double, sessions_28d long, email_open_rate double, recency_score int, frequency_score int,"
    " monetary_score int"
)


def names(spark: SparkSession, *kinds: tuple[int, tuple[object, ...]]) -> list[tuple[int, str]]:
    """The names of clusters of some size, whose customers are all as a tuple says (from `orders` on)."""
    rows = [(f"{kind}-{n}", kind, *facts) for kind, (size, facts) in enumerate(kinds) for n in range(size)]
    found = with_segments(SQLTransformer(statement=PLANTED), spark.createDataFrame(rows, SCHEMA))
    assert set(found.columns) == {*SCHEMA.replace(",", "").split()[::2], "segment_id", "segment"}
    by_kind = found.select("planted", "segment_id", "segment").distinct().orderBy("planted").collect()
    assert [row.segment_id for row in by_kind] == [1 + n for n in range(len(kinds))]
    return [(row.planted, row.segment) for row in by_kind]


def test_who_never_bought_pulls_no_mean_of_buyers(spark: SparkSession) -> None:
    # Of all customers the mean online share is 14%; of buyers 35%, and nobody is far from it.
    assert names(
        spark,
        (30, (20, 700.0, 35.0, 0.39, 0.1, 4, None, 4, 4, 4)),
        (30, (16, 500.0, 35.0, 0.31, 0.1, 4, None, 2, 2, 2)),
        (90, (0, 0.0, None, None, None, 4, None, 1, 1, 1)),
    ) == [(0, "bought recently, frequent"), (1, "longer silent, infrequent"), (2, "not yet buying")]


def test_shares_are_named_from_ten_points_on(spark: SparkSession) -> None:
    def buyers(online: float) -> tuple[object, ...]:
        return (20, 700.0, 35.0, online, 0.1, 4, None, 3, 3, 3)

    few = names(spark, (10, buyers(0.42)), (10, buyers(0.30)))
    assert few == [(0, "average"), (1, "average (2)")]
    many = names(spark, (10, buyers(0.62)), (10, buyers(0.30)))
    assert many == [(0, "buying more online"), (1, "buying more in store")]


def test_who_gets_no_mail_does_not_ignore_it(spark: SparkSession) -> None:
    def buyers(net: float, opened: float | None) -> tuple[object, ...]:
        return (20, net, 35.0, 0.3, 0.1, 4, opened, 3, 3, 3)

    assert names(spark, (10, buyers(900.0, 0.5)), (10, buyers(800.0, 0.2)), (10, buyers(700.0, None))) == [
        (0, "opening more e-mails"),
        (1, "opening fewer e-mails"),
        (2, "average"),
    ]


def test_nobody_gives_no_rows(spark: SparkSession) -> None:
    found = with_segments(SQLTransformer(statement=PLANTED), spark.createDataFrame([], SCHEMA))
    assert found.where(F.col("segment").isNotNull()).count() == 0
    assert {"segment_id", "segment"} <= set(found.columns)
