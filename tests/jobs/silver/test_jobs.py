"""The silver jobs write what they declare, with the contract's columns."""

import importlib
import json

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import silver
from tests.lib.sources.silver_cases import PARAMS, nothing_yet, records_of
from tests.lib.sources.test_formats import TRACK


@pytest.mark.parametrize("target", silver.TARGETS, ids=lambda target: target.name)
def test_a_targets_job_returns_every_table_that_it_writes(spark: SparkSession, target: silver.Table) -> None:
    job = importlib.import_module(f"jobs.silver.{target.name}").JOB
    assert job.name == f"silver.{target.name}"
    inputs = {"records": records_of(spark, "web", [json.dumps(TRACK)]), "previous": nothing_yet(spark, target)}
    if "campaigns" in job.reads:
        inputs["campaigns"] = nothing_yet(spark, silver.CAMPAIGNS)
    if "gone" in job.reads:
        inputs["gone"] = nothing_yet(spark, silver.SUPERSEDED_EVENTS)
    outputs = job.transform(**inputs, params=PARAMS)
    assert set(outputs) == {table.name for table in job.writes}
    for table in job.writes:
        found = dict(outputs[table.name].dtypes)
        wanted = {field.name: field.type.simpleString() for field in table.fields}
        assert {name: found.get(name) for name in wanted} == wanted
