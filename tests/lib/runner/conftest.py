"""A warehouse of its own for each test."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from motherlode.runner.context import Context
from motherlode.settings import load_settings
from tests.lib.runner.small import ROOT


@pytest.fixture
def context(spark: SparkSession, tmp_path: Path) -> Context:
    overrides = (f"paths.warehouse={tmp_path / 'warehouse'}", f"paths.jars={ROOT / 'build/jars'}")
    return Context(spark, load_settings(ROOT / "conf", "demo", overrides))
