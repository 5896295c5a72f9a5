"""What may be offered, and lists, by hand."""

import pytest
from pyspark.sql import DataFrame, SparkSession

from motherlode.mining.recommendations import RecommendationsParams, offered, recommend

CATALOGUE = "product_id string, department string, category string, type string, known_at timestamp, row_id string"


def numbered(spark: SparkSession, *products: str) -> DataFrame:
    rows = list(zip(products, range(len(products)), strict=True))
    return spark.createDataFrame(rows, "product_id string, product_no int")


def catalogue(spark: SparkSession, *rows: tuple[str, str | None, str | None, str | None]) -> DataFrame:
    return spark.createDataFrame([(*row, None, str(n)) for n, row in enumerate(rows)], CATALOGUE)


def kinds(found: DataFrame) -> dict[str, int]:
    return {row.product_id: row.kind_no for row in found.collect()}


def test_what_conf_excludes_and_what_the_catalogue_lacks_is_not_offered(spark: SparkSession) -> None:
    products = numbered(spark, "milk", "more milk", "goat milk", "petrol", "cigars", "gone", "odd", "odder", "soap")
    entries = catalogue(
        spark,
        ("milk", "GROCERY", "DAIRY", "MILK"),
        ("more milk", "GROCERY", "DAIRY", "MILK"),
        ("goat milk", "GROCERY", "GOAT", "MILK"),
        ("petrol", "Fuel ", None, "UNLEADED"),
        ("cigars", "DRUG", "TOBACCO", "Cigars"),
        ("odd", None, "DAIRY", None),
        ("odder", None, "DAIRY", None),
        # The newer version holds.
        ("soap", "FUEL", None, "SOAP"),
        ("soap", "DRUG", None, "SOAP"),
    )
    params = RecommendationsParams(exclude_departments=("fuel",), exclude_types=("CIGARS", "MIL"))
    # Milk of two categories is not the same; what has no type is like nothing else.
    expected = {"milk": 0, "more milk": 0, "goat milk": 2, "odd": 6, "odder": 7, "soap": 8}
    assert kinds(offered(products, entries, params)) == expected
    unlimited = RecommendationsParams(exclude_departments=("fuel",), exclude_types=("CIGARS",), per_type=0)
    assert kinds(offered(products, entries, unlimited)) == {**expected, "more milk": 1}


def test_who_keeps_no_catalogue_is_offered_everything(spark: SparkSession) -> None:
    params = RecommendationsParams(exclude_departments=("FUEL",))
    assert kinds(offered(numbered(spark, "a", "b"), catalogue(spark), params)) == {"a": 0, "b": 1}


# By falling score: f e d c b a; a and b are of one kind, d and e of another.
SCORES = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0, "e": 5.0, "f": 6.0}
KIND = {"a": 0, "b": 0, "c": 2, "d": 3, "e": 3, "f": 5}
BOUGHT = [
    ("ann", "a", 0.5),
    ("ann", "b", 0.25),
    ("ann", "d", 0.75),
    ("ann", "f", 0.1),
    ("ann", "not offered", 9.0),
    ("somebody else", "c", 9.0),
]


def lists(spark: SparkSession, params: RecommendationsParams) -> dict[str, list[tuple[str, float, bool]]]:
    customers = spark.createDataFrame(
        [("ann", 0, [1.0], params.repeats), ("bob", 1, [2.0], params.repeats)],
        "customer_id string, customer_no int, factors array<float>, repeats int",
    )
    products = spark.createDataFrame(
        [(name, n, KIND[name], [score]) for n, (name, score) in enumerate(SCORES.items())],
        "product_id string, product_no int, kind_no int, factors array<float>",
    )
    bought = spark.createDataFrame(BOUGHT, "customer_id string, product_id string, weight double")
    found: dict[str, list[tuple[str, float, bool]]] = {"ann": [], "bob": []}
    for row in sorted(recommend(customers, products, bought, params).collect(), key=lambda row: row["rank"]):
        found[row.customer_id].append((row.product_id, row.score, row.is_repeat))
        assert row["rank"] == len(found[row.customer_id])
    return found


def test_what_is_bought_most_stands_first_and_then_new_products(spark: SparkSession) -> None:
    found = lists(spark, RecommendationsParams(products=4))
    # Of what ann never bought e is of the kind of d, which stands there already; b, f were bought, but less.
    assert found["ann"] == [("d", 0.75, True), ("a", 0.5, True), ("c", 3.0, False)]
    assert found["bob"] == [("f", 12.0, False), ("e", 10.0, False), ("c", 6.0, False), ("b", 4.0, False)]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (RecommendationsParams(products=4, per_type=2), ["d", "a", "e", "c"]),
        (RecommendationsParams(products=4, per_type=2, max_repeats=1), ["d", "a", "b", "f"]),
        (RecommendationsParams(products=4, max_repeats=1), ["d", "a", "f", "c"]),
        (RecommendationsParams(products=4, max_repeats=0.25), ["d", "c"]),
        (RecommendationsParams(products=4, exclude_bought=True), ["e", "c"]),
    ],
)
def test_limits_hold_for_the_whole_list(
    spark: SparkSession, params: RecommendationsParams, expected: list[str]
) -> None:
    assert [name for name, _, _ in lists(spark, params)["ann"]] == expected


def test_impossible_lists_are_refused() -> None:
    with pytest.raises(ValueError, match="max_repeats"):
        RecommendationsParams(max_repeats=2)
    with pytest.raises(ValueError, match="products"):
        RecommendationsParams(products=0)
    with pytest.raises(ValueError, match="per_type"):
        RecommendationsParams(per_type=-1)


def test_bought_products_can_be_left_out() -> None:
    assert RecommendationsParams(exclude_bought=True).repeats == 0
    assert RecommendationsParams(products=7).repeats == 3
