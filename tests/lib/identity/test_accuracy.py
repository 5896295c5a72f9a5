"""Accuracy against pairs that are really made."""

import random
from itertools import combinations
from typing import Any

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import identity, silver
from motherlode.identity.accuracy import accuracy
from tests.lib.identity.rows import rows


def test_counts_are_those_of_all_pairs(spark: SparkSession) -> None:
    draw = random.Random(2)
    truth = [
        {
            "identifier": f"i{n}",
            "person": f"p{draw.randrange(12)}",
            "scenario": draw.choice(["easy", "hard"]),
            "is_shared": n % 11 == 0,
        }
        for n in range(60)
    ]
    # i1 is another person's too, and so shared though not marked; i2 is listed twice.
    given = [*truth, {**truth[1], "person": "other"}, truth[2]]
    mapped = {
        row["identifier"]: f"c{row['person']}" if draw.random() < 0.6 else f"c{draw.randrange(10)}"
        for row in truth[:50]
    }
    shared = {"i5"}
    the_map = rows(
        spark,
        identity.CUSTOMER_MAP,
        [{"identifier": i, "customer_id": c, "is_shared": i in shared} for i, c in mapped.items()],
    )
    found = accuracy(the_map, rows(spark, silver.IDENTITY_TRUTH, given)).collect()
    sample = [row for row in truth if not row["is_shared"] and row["identifier"] != "i1"]
    customer = {row["identifier"]: mapped.get(row["identifier"], row["identifier"]) for row in sample}
    customer["i5"] = "i5"
    assert {row["scenario"] for row in found} == {"all", "easy", "hard"}
    for row in found:
        rows_of = [one for one in sample if row["scenario"] in ("all", one["scenario"])]
        assert row.asDict() == {"scenario": row["scenario"], **brute_force(rows_of, customer)}


def brute_force(sample: list[dict[str, Any]], customer: dict[str, str]) -> dict[str, Any]:
    pairs = list(combinations(sample, 2))
    true = {(a["identifier"], b["identifier"]) for a, b in pairs if a["person"] == b["person"]}
    same = {
        (a["identifier"], b["identifier"]) for a, b in pairs if customer[a["identifier"]] == customer[b["identifier"]]
    }
    precision, recall = len(true & same) / len(same), len(true & same) / len(true)
    return {
        "identifiers": len(sample),
        "people": len({one["person"] for one in sample}),
        "customers": len({customer[one["identifier"]] for one in sample}),
        "true_pairs": len(true),
        "found_pairs": len(same),
        "correct_pairs": len(true & same),
        "precision": precision,
        "recall": recall,
        "f1": pytest.approx(2 * precision * recall / (precision + recall)),
    }


def test_nothing_found_is_no_division_by_zero(spark: SparkSession) -> None:
    truth = rows(spark, silver.IDENTITY_TRUTH, [{"identifier": "i", "person": "p", "scenario": "easy"}])
    found = accuracy(rows(spark, identity.CUSTOMER_MAP, []), truth).collect()
    assert [(row["precision"], row["recall"], row["f1"]) for row in found] == [(None, None, None)] * 2
