"""The best products, block by block, against sorting all scores of a customer."""

import numpy as np
import pytest
from pyspark.sql import SparkSession

from motherlode.mining import topk

RNG = np.random.default_rng(3)
CUSTOMERS, PRODUCTS, RANK, K = 23, 57, 4, 6
WANTS = RNG.normal(size=(CUSTOMERS, RANK)).astype(np.float32)
OFFERS = RNG.normal(size=(PRODUCTS, RANK)).astype(np.float32)
BOUGHT = [sorted(RNG.choice(PRODUCTS, size=size % 9, replace=False).tolist()) for size in range(CUSTOMERS)]


def brute_force(customer: int, max_repeats: int) -> list[tuple[int, bool]]:
    scores = WANTS[customer].astype(float) @ OFFERS.astype(float).T
    chosen: list[tuple[int, bool]] = []
    for product in np.argsort(-scores):
        repeat = int(product) in BOUGHT[customer]
        if not repeat or sum(old for _, old in chosen) < max_repeats:
            chosen.append((int(product), repeat))
    return chosen[:K]


@pytest.mark.parametrize("max_repeats", [0, 2, K])
def test_blocks_give_what_sorting_everything_gives(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, max_repeats: int
) -> None:
    monkeypatch.setattr(topk, "CUSTOMERS_PER_BLOCK", 10)
    monkeypatch.setattr(topk, "PRODUCTS_PER_BLOCK", 16)
    customers = spark.createDataFrame(
        [(n, WANTS[n].tolist(), BOUGHT[n][::-1]) for n in range(CUSTOMERS)],
        "customer_no int, factors array<float>, bought array<int>",
    )
    products = spark.createDataFrame(
        [(n, OFFERS[n].tolist()) for n in range(PRODUCTS)], "product_no int, factors array<float>"
    )
    rows = topk.best_products(customers, products, K, max_repeats).orderBy("customer_no", "rank").collect()
    for customer in range(CUSTOMERS):
        mine = [row for row in rows if row.customer_no == customer]
        assert [row["rank"] for row in mine] == list(range(1, K + 1))
        assert [(row.product_no, row.is_repeat) for row in mine] == brute_force(customer, max_repeats)
        scores = [WANTS[customer] @ OFFERS[row.product_no] for row in mine]
        assert [row.score for row in mine] == pytest.approx(scores, abs=1e-5)


def test_fewer_products_than_places_give_a_short_list(spark: SparkSession) -> None:
    customers = spark.createDataFrame([(0, [1.0], [1])], "customer_no int, factors array<float>, bought array<int>")
    products = spark.createDataFrame([(0, [0.5]), (1, [0.9])], "product_no int, factors array<float>")
    rows = topk.best_products(customers, products, 10, 0).collect()
    assert [(row.product_no, row["rank"], row.is_repeat) for row in rows] == [(0, 1, False)]
