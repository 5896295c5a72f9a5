"""FP-Growth's rules against counting every set by hand, and the guard against too many of them."""

from itertools import combinations
from math import isclose

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from motherlode.mining.errors import MiningError
from motherlode.mining.rules import FpGrowthParams, count_item_sets, mine, rules_of


def random_baskets(count: int, seed: int) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    chances = {"ale": 0.6, "bread": 0.5, "chips": 0.4, "dip": 0.3, "eggs": 0.2, "figs": 0.1}
    rows = []
    for _ in range(count):
        row = {item for item, chance in chances.items() if rng.random() < chance}
        if "chips" in row and rng.random() < 0.8:
            row.add("dip")
        rows.append(sorted(row) or ["ale"])
    return rows


def every_frequent_set(rows: list[list[str]], min_count: int) -> dict[tuple[str, ...], int]:
    items = sorted({item for row in rows for item in row})
    found = {}
    for size in range(1, len(items) + 1):
        for chosen in combinations(items, size):
            count = sum(set(chosen) <= set(row) for row in rows)
            if count >= min_count:
                found[chosen] = count
    return found


def frame(spark: SparkSession, rows: list[list[str]]) -> DataFrame:
    named = [(f"o{n}", row) for n, row in enumerate(rows)]
    return spark.createDataFrame(named, "order_id string, product_types array<string>")


def test_rules_are_those_of_an_exhaustive_count(spark: SparkSession) -> None:
    rows = random_baskets(200, seed=1)
    counts = every_frequent_set(rows, min_count=10)
    total = len(rows)
    expected = {}
    for items, both in counts.items():
        for consequent in items if len(items) > 1 else ():
            antecedent = tuple(item for item in items if item != consequent)
            confidence, share = both / counts[antecedent], counts[(consequent,)] / total
            if confidence >= 0.5:
                leverage = both / total - counts[antecedent] / total * share
                expected[antecedent, consequent] = (both, both / total, confidence, confidence / share, leverage)

    found = rules_of(mine(frame(spark, rows), FpGrowthParams(min_support=0.05, min_confidence=0.5))).collect()

    assert len(expected) > 20
    assert {(tuple(row.antecedent), *row.consequent) for row in found} == set(expected)
    assert len({row.rule_id for row in found}) == len(found)
    for row in found:
        values = (row.baskets, row.support, row.confidence, row.lift, row.leverage)
        for value, wanted in zip(values, expected[tuple(row.antecedent), row.consequent[0]], strict=True):
            assert isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-12)


def test_a_rule_keeps_its_id_and_parts_that_glue_alike_differ(spark: SparkSession) -> None:
    rows = [["a", "bc"]] * 10 + [["ab", "c"]] * 10
    params = FpGrowthParams(min_support=0.3, min_confidence=0.5)
    ids = [{row.rule_id for row in rules_of(mine(frame(spark, rows), params)).collect()} for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 4


@pytest.mark.parametrize("min_count", [1, 3, 20, 500])
def test_item_sets_are_counted_exactly_below_the_limit(min_count: int) -> None:
    rows = random_baskets(120, seed=2)
    assert count_item_sets(rows, min_count, 10**6) == len(every_frequent_set(rows, min_count))


def test_counting_stops_at_the_limit() -> None:
    wide = [[f"item {n}" for n in range(60)]] * 5  # 2 ** 60 sets
    assert 1000 < count_item_sets(wide, 1, 1000) < 2000


def test_an_explosion_is_refused_with_a_support_that_works(spark: SparkSession) -> None:
    rows = [[f"item {n:02}" for n in range(24)]] * 3 + [["bread"]] * 97
    with pytest.raises(MiningError, match=r"set fp_growth.min_support to 0\.0338, or raise") as caught:
        mine(frame(spark, rows), FpGrowthParams(min_support=0.01))
    assert "\n" not in str(caught.value)
    assert mine(frame(spark, rows), FpGrowthParams(min_support=0.0338)).freqItemsets.count() == 1
