"""From baskets to a champion to rules: a planted pair is found and foretold."""

from datetime import date, timedelta

import numpy as np
import pytest
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, SparkSession

from jobs.mining import association_rules, fp_growth
from motherlode.contracts import mining
from motherlode.contracts.models import Champion, Fitted
from motherlode.mining.errors import TooLittleData
from motherlode.mining.rules import FpGrowthParams

AS_OF = date(2024, 3, 31)
PARAMS = FpGrowthParams(min_support=0.05, min_confidence=0.5, min_baskets=30, suggestions=1)


def baskets(spark: SparkSession, count: int) -> DataFrame:
    rng = np.random.default_rng(8)
    rows = []
    for n in range(count):
        day = AS_OF - timedelta(days=n % 100)
        pair = ["buns", "sausages"] if n % 3 == 0 else [f"type {rng.integers(12)}"]
        rows.append((f"o{n}", day, day, sorted({*pair, "milk"} if n % 2 else pair)))
    tomorrow = AS_OF + timedelta(days=1)
    rows += [(f"later {n}", tomorrow, tomorrow, ["caviar", "gold"]) for n in range(count)]
    rows += [(f"learnt later {n}", AS_OF, tomorrow, ["caviar", "gold"]) for n in range(count)]
    return spark.createDataFrame(rows, "order_id string, day date, known_on date, product_types array<string>")


def test_a_planted_pair_becomes_a_rule(spark: SparkSession) -> None:
    fitted = fp_growth.transform(baskets(spark, 400), AS_OF, PARAMS)[mining.FP_GROWTH.name]
    assert isinstance(fitted, Fitted)
    # Two in three of the tested baskets hide milk or a random type; best sellers name one type for all.
    assert fitted.metrics["hit_rate_at_1"] > fitted.baseline["hit_rate_at_1"] + 0.2
    assert fitted.model.transform(fitted.example).count() == 5

    champion = Champion(PipelineModel(stages=[fitted.model]), "7", {}, {}, AS_OF.isoformat())
    rules = association_rules.transform(champion, AS_OF)[mining.ASSOCIATION_RULES.name]
    assert isinstance(rules, DataFrame)
    assert set(rules.columns) == set(mining.ASSOCIATION_RULES.columns)
    found = {(tuple(row.antecedent), *row.consequent): row for row in rules.collect()}
    best = found[("buns",), "sausages"]
    pairs = len(range(0, 400, 3))
    assert (best.baskets, best.confidence, best.model_version) == (pairs, 1.0, "7")
    assert best.support == pytest.approx(pairs / 400)
    assert best.lift == pytest.approx(400 / pairs)
    assert not any("gold" in {*antecedent, consequent} for antecedent, consequent in found)


def test_too_few_baskets_are_said_in_one_line(spark: SparkSession) -> None:
    with pytest.raises(TooLittleData, match=r"mining\.fp_growth: found 0 baskets up to 2024-03-03, needs at least 30"):
        fp_growth.transform(baskets(spark, 0), AS_OF, PARAMS)
