"""Whatever is wrong with a record, a run goes on, nothing is lost, and no neighbour is harmed.

MOTHERLODE_FUZZ=SEED:MUTANTS asks for others, or more; `make bench ARGS="fuzz --mutants 100000"` for many.
"""

import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from tests.lib.sources.fuzz import fuzz
from tests.lib.sources.samples import EVENTS, ORDER_LINES, Sample

SEED, MUTANTS = map(int, os.environ.get("MOTHERLODE_FUZZ", "1:150").split(":"))


@pytest.mark.parametrize(("target", "samples"), [(silver.EVENTS, EVENTS), (silver.ORDER_LINES, ORDER_LINES)])
def test_mutants(spark: SparkSession, tmp_path: Path, target: Table, samples: tuple[Sample, ...]) -> None:
    counts = fuzz(spark, tmp_path, target, samples, MUTANTS, SEED)
    print(counts)
    assert all(counts.values())


def test_every_format_has_samples() -> None:
    from motherlode.sources.registry import known_formats

    # A database writes its rows itself: there is no file that could be broken.
    of_files = set(known_formats()) - {"jdbc"}
    assert {sample.source.format for sample in (*EVENTS, *ORDER_LINES)} == of_files
