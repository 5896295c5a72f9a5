"""The best new products, block by block, against sorting all scores of a customer."""

import numpy as np
import pytest
from pyspark.sql import SparkSession

from motherlode.mining import topk

RNG = np.random.default_rng(3)
CUSTOMERS, PRODUCTS, RANK, K = 23, 57, 4, 6
WANTS = RNG.normal(size=(CUSTOMERS, RANK)).astype(np.float32)
OFFERS = RNG.normal(size=(PRODUCTS, RANK)).astype(np.float32)
BOUGHT = [sorted(RNG.choice(PRODUCTS, size=size % 9, replace=False).tolist()) for size in range(CUSTOMERS)]
KINDS = RNG.integers(20, size=PRODUCTS).tolist()
ALONE = list(range(PRODUCTS))


def brute_force(customer: int, kinds: list[int], per_kind: int) -> list[int]:
    scores = WANTS[customer].astype(float) @ OFFERS.astype(float).T
    chosen: list[int] = []
    for product in np.argsort(-scores).tolist():
        same = sum(kinds[other] == kinds[product] for other in chosen)
        if product not in BOUGHT[customer] and same < per_kind:
            chosen.append(product)
    return chosen[:K]


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
    rows = topk.best_products(customers, products, K, per_kind).orderBy("customer_no", "rank").collect()
    for customer in range(CUSTOMERS):
        mine = [row for row in rows if row.customer_no == customer]
        assert [row["rank"] for row in mine] == list(range(1, K + 1))
        assert [row.product_no for row in mine] == brute_force(customer, kinds, per_kind)
        assert [row.kind_no for row in mine] == [kinds[row.product_no] for row in mine]
        scores = [WANTS[customer] @ OFFERS[row.product_no] for row in mine]
        assert [row.score for row in mine] == pytest.approx(scores, abs=1e-5)


def test_fewer_products_than_places_give_a_short_list(spark: SparkSession) -> None:
    customers = spark.createDataFrame([(0, [1.0], [1])], "customer_no int, factors array<float>, bought array<int>")
    products = spark.createDataFrame(
        [(0, 0, [0.5]), (1, 1, [0.9])], "product_no int, kind_no int, factors array<float>"
    )
    rows = topk.best_products(customers, products, 10, 2).collect()
    assert [(row.product_no, row["rank"]) for row in rows] == [(0, 1)]


def test_of_equals_of_a_kind_the_smaller_number_stands(spark: SparkSession) -> None:
    customers = spark.createDataFrame([(0, [1.0], [])], "customer_no int, factors array<float>, bought array<int>")
    products = spark.createDataFrame(
        [(5, 2, [0.5]), (2, 2, [0.5]), (3, 3, [0.9])], "product_no int, kind_no int, factors array<float>"
    )
    rows = topk.best_products(customers, products, 3, 1).orderBy("rank").collect()
    assert [row.product_no for row in rows] == [3, 2]
