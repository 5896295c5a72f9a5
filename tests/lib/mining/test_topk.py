"""The best new products, block by block, against sorting all scores of a customer."""

import numpy as np
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from motherlode.mining import topk

RNG = np.random.default_rng(3)
CUSTOMERS, PRODUCTS, RANK, K = 23, 57, 4, 6
WANTS = RNG.normal(size=(CUSTOMERS, RANK)).astype(np.float32)
OFFERS = RNG.normal(size=(PRODUCTS, RANK)).astype(np.float32)
BOUGHT = [sorted(RNG.choice(PRODUCTS, size=size % 9, replace=False).tolist()) for size in range(CUSTOMERS)]
KINDS = RNG.integers(20, size=PRODUCTS).tolist()
ALONE = list(range(PRODUCTS))


def brute_force(
    scores: topk.Floats, owned: list[int], numbers: list[int], kinds: list[int], k: int, per_kind: int
) -> list[int]:
    """Places of the k best, of equals the smaller number first."""
    chosen: list[int] = []
    for place in sorted(range(len(numbers)), key=lambda place: (-scores[place], numbers[place])):
        same = sum(kinds[other] == kinds[place] for other in chosen)
        if numbers[place] not in owned and same < per_kind:
            chosen.append(place)
    return chosen[:k]


def best_products(customers: DataFrame, products: DataFrame, k: int, per_kind: int) -> list[Row]:
    found = topk.candidates(customers, products, k, per_kind).withColumn("is_repeat", F.lit(False))
    return topk.best(found, k, per_kind).orderBy("customer_no", "rank").collect()


@pytest.mark.parametrize(("kinds", "per_kind"), [(ALONE, 1), (KINDS, 1), (KINDS, 2)])
def test_blocks_give_what_sorting_everything_gives(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, kinds: list[int], per_kind: int
) -> None:
    monkeypatch.setattr(topk, "CUSTOMERS_PER_BLOCK", 10)
    monkeypatch.setattr(topk, "PRODUCTS_PER_BLOCK", 16)
    customers = spark.createDataFrame(
        [(n, WANTS[n].tolist(), BOUGHT[n][::-1]) for n in range(CUSTOMERS)],
        "customer_no int, factors array<float>, bought array<int>",
    )
    products = spark.createDataFrame(
        [(n, kinds[n], OFFERS[n].tolist()) for n in range(PRODUCTS)],
        "product_no int, kind_no int, factors array<float>",
    )
    rows = best_products(customers, products, K, per_kind)
    for customer in range(CUSTOMERS):
        mine = [row for row in rows if row.customer_no == customer]
        assert [row["rank"] for row in mine] == list(range(1, K + 1))
        every = WANTS[customer].astype(float) @ OFFERS.astype(float).T
        assert [row.product_no for row in mine] == brute_force(every, BOUGHT[customer], ALONE, kinds, K, per_kind)
        assert [row.kind_no for row in mine] == [kinds[row.product_no] for row in mine]
        scores = [WANTS[customer] @ OFFERS[row.product_no] for row in mine]
        assert [row.score for row in mine] == pytest.approx(scores, abs=1e-5)


def test_fewer_products_than_places_give_a_short_list(spark: SparkSession) -> None:
    customers = spark.createDataFrame([(0, [1.0], [1])], "customer_no int, factors array<float>, bought array<int>")
    products = spark.createDataFrame(
        [(0, 0, [0.5]), (1, 1, [0.9])], "product_no int, kind_no int, factors array<float>"
    )
    rows = best_products(customers, products, 10, 2)
    assert [(row.product_no, row["rank"]) for row in rows] == [(0, 1)]


def test_of_equals_of_a_kind_the_smaller_number_stands(spark: SparkSession) -> None:
    customers = spark.createDataFrame([(0, [1.0], [])], "customer_no int, factors array<float>, bought array<int>")
    products = spark.createDataFrame(
        [(5, 2, [0.5]), (2, 2, [0.5]), (3, 3, [0.9])], "product_no int, kind_no int, factors array<float>"
    )
    rows = best_products(customers, products, 3, 1)
    assert [row.product_no for row in rows] == [3, 2]


def test_a_block_holds_the_best_also_of_many_equals_and_few_kinds() -> None:
    for _ in range(200):
        count, k, per_kind = int(RNG.integers(1, 40)), int(RNG.integers(1, 8)), int(RNG.integers(1, 4))
        wants = RNG.integers(-2, 3, size=(5, 2)).astype(np.float32)
        offers = RNG.integers(-2, 3, size=(count, 2)).astype(np.float32)
        numbers = np.sort(RNG.choice(100, count, replace=False))
        kinds = RNG.integers(8, size=count)
        bought = [RNG.choice(100, RNG.integers(30), replace=False) for _ in wants]
        buyers = np.repeat(np.arange(5), [len(one) for one in bought])
        rows, places, _ = topk.best_of_block(wants, offers, numbers, kinds, buyers, np.concatenate(bought), k, per_kind)
        for customer in range(5):
            scores, owned = offers @ wants[customer], bought[customer].tolist()
            held = places[rows == customer]
            found = brute_force(scores[held], owned, numbers[held].tolist(), kinds[held].tolist(), k, per_kind)
            expected = brute_force(scores, owned, numbers.tolist(), kinds.tolist(), k, per_kind)
            assert held[found].tolist() == expected
