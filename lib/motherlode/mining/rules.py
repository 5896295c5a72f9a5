"""Association rules: frequent sets of product types (FP-Growth; Han, Pei, Yin 2000)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.ml.fpm import FPGrowth, FPGrowthModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.mining.errors import MiningError


@dataclass(frozen=True)
class FpGrowthParams:
    """What makes a set frequent and a rule worth keeping.

    Args:
        min_support: least share of baskets that hold a set.
        min_confidence: least share of the antecedent's baskets that hold the consequent.
        max_item_sets: refuse to mine when more sets than this are expected.
        sample_baskets: baskets on which that is estimated; more are taken where min_support is small.
        holdout_days: the last days, on whose baskets the rules are judged.
        min_baskets: least baskets to train on, and to judge on.
        suggestions: types that are suggested to a basket when judging.
        baskets_per_shard: each shard mines alone; Spark weighs a shard's trees as they grow, so few are faster.
    """

    min_support: float = 0.01
    min_confidence: float = 0.2
    max_item_sets: int = 100_000
    sample_baskets: int = 5_000
    holdout_days: int = 28
    min_baskets: int = 100
    suggestions: int = 5
    baskets_per_shard: int = 500_000


def mine(baskets: DataFrame, params: FpGrowthParams) -> FPGrowthModel:
    """Frequent sets and rules of `product_types`, guarded against an explosion.

    The item sets are persisted: Spark would mine again for each use.

    Raises:
        MiningError: more than max_item_sets are expected; names a support that gives fewer.
    """
    check_support(baskets, params)
    model = FPGrowth(
        itemsCol="product_types",
        predictionCol="suggested",
        minSupport=params.min_support,
        minConfidence=params.min_confidence,
        numPartitions=max(1, math.ceil(baskets.count() / params.baskets_per_shard)),
    ).fit(baskets)
    model.freqItemsets.persist()
    return model


def check_support(baskets: DataFrame, params: FpGrowthParams) -> None:
    """Estimate the number of item sets on a bounded sample, before mining.

    Raises:
        MiningError: too many are expected.
    """
    # Fewer than 50 expected occurrences would count chance as frequent.
    size = max(params.sample_baskets, math.ceil(50 / params.min_support))
    sampled = baskets.orderBy(F.xxhash64("order_id"), "order_id").limit(size).select("product_types")
    rows = [row.product_types for row in sampled.toLocalIterator()]
    support = params.min_support
    while count_item_sets(rows, math.ceil(support * len(rows)), params.max_item_sets) > params.max_item_sets:
        support *= 1.5
    if support > params.min_support:
        raise MiningError(
            f"mining.fp_growth: min_support {params.min_support:g} gives more than {params.max_item_sets} item"
            f" sets (estimated on {len(rows)} baskets): set fp_growth.min_support to {support:.3g}, or raise"
            " fp_growth.max_item_sets"
        )


def count_item_sets(baskets: Iterable[Sequence[str]], min_count: int, limit: int) -> int:
    """Number of sets that at least `min_count` baskets hold; stops counting when beyond `limit`.

    Depth first over sets of baskets as bits (Eclat; Zaki 2000), so that memory stays small.
    """
    holders: dict[str, int] = {}
    for row, items in enumerate(baskets):
        for item in items:
            holders[item] = holders.get(item, 0) | (1 << row)
    needed = max(1, min_count)
    first = sorted((bits for bits in holders.values() if bits.bit_count() >= needed), key=int.bit_count)
    found, open_classes = len(first), [first]
    while open_classes:
        siblings = open_classes.pop()
        for place, bits in enumerate(siblings):
            joined = (bits & other for other in siblings[place + 1 :])
            children = [both for both in joined if both.bit_count() >= needed]
            found += len(children)
            if found > limit:
                return found
            if children:
                open_classes.append(children)
    return found


def rules_of(model: FPGrowthModel) -> DataFrame:
    """Rules with one consequent: rule_id, antecedent, consequent, baskets, support, confidence, lift, leverage.

    Leverage is support(A and C) - support(A) * support(C) (Piatetsky-Shapiro 1991), which is
    support * (1 - 1 / lift).
    """
    counts = model.freqItemsets.select(F.array_sort("items").alias("items"), F.col("freq").alias("baskets"))
    rules = model.associationRules.select(
        F.array_sort("antecedent").alias("antecedent"),
        F.array_sort("consequent").alias("consequent"),
        F.array_sort(F.concat("antecedent", "consequent")).alias("items"),
        "support",
        "confidence",
        "lift",
    )
    return rules.join(counts, on="items", how="inner").select(
        F.sha2(F.to_json(F.struct("antecedent", "consequent")), 256).alias("rule_id"),
        "antecedent",
        "consequent",
        "baskets",
        "support",
        "confidence",
        "lift",
        (F.col("support") * (1 - 1 / F.col("lift"))).alias("leverage"),
    )
