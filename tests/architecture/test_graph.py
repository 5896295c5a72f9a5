"""The one direction: no job reads to its right, no table has two writers, every table has one."""

from types import SimpleNamespace

import pytest

from motherlode.contracts import bronze, features, mining, serving, silver
from motherlode.contracts.catalogue import TABLES
from motherlode.contracts.fields import STRING, ContractError, Field
from motherlode.contracts.jobs import Append, Job, Previous, Snapshot, Upsert
from motherlode.contracts.models import Model
from motherlode.contracts.tables import Layer, Purpose, Subject, Table
from motherlode.runner.planner import Planner
from motherlode.runner.registry import _ordered, all_jobs, job_needs


def _job(name: str, **changes):  # type: ignore[no-untyped-def]
    values = {
        "name": name,
        "doc": "A job.",
        "reads": {"rows": silver.EVENTS},
        "writes": (silver.ORDERS,),
        "transform": lambda rows: {"orders": rows},
        "mode": Upsert(by=("order_id",)),
        "purpose": Purpose.OPERATION,
    }
    return Job(**{**values, **changes})


def test_every_table_has_one_writer_and_every_job_a_place() -> None:
    jobs = all_jobs()
    written = [w.full_name for job in jobs.values() for w in job.writes]
    assert sorted(set(written)) == sorted(written)
    assert set(TABLES) <= set(written)
    assert [job.layer for job in jobs.values()] == sorted(job.layer for job in jobs.values())


def test_a_scheduler_waits_for_all_that_a_run_reads() -> None:
    jobs = all_jobs()
    writer = {written.full_name: job.name for job in jobs.values() for written in job.writes}
    for name, job in jobs.items():
        # What the runner gives it, and tells apart versions of.
        tables = Planner.inputs.func(SimpleNamespace(job=job)).values()
        models = [read for read in job.reads.values() if isinstance(read, Model)]
        assert {writer[read.full_name] for read in (*tables, *models)} <= set(job_needs()[name])
    assert job_needs()["bronze.records"] == ("bronze.files",)
    assert job_needs()["serving.churn_scores"] == (
        *("silver.order_lines", "silver.events"),  # they say which day it is
        "silver.data_quality",  # what is below its limit goes no further
        "identity.consents",
        "mining.churn_scores",
    )
    assert "mining.churn" in job_needs()["serving.model_quality"]
    for name, job in jobs.items():
        assert ("silver.data_quality" in job_needs()[name]) == (job.layer > Layer.SILVER)


def test_reading_rightward_fails() -> None:
    with pytest.raises(ContractError, match=r"reads serving\.churn_scores, which lies to its right"):
        _job("silver.orders", reads={"rows": serving.CHURN_SCORES})


def test_writing_into_another_layer_fails() -> None:
    with pytest.raises(ContractError, match=r"writes silver\.orders, which is of another layer"):
        _job("identity.orders")


def test_writing_what_another_job_owns_fails() -> None:
    jobs = [*all_jobs().values(), _job("silver.orders_again")]
    with pytest.raises(ContractError, match=r"silver\.orders is written by silver\.orders and silver\.orders_again"):
        _ordered(jobs)


def test_reading_ones_own_table_needs_previous() -> None:
    with pytest.raises(ContractError, match=r"without Previous"):
        _job("silver.orders", reads={"rows": silver.ORDERS})
    with pytest.raises(ContractError, match=r"is not its own output"):
        _job("silver.orders", reads={"rows": Previous(silver.EVENTS)})


def test_purposes_are_kept_apart() -> None:
    with pytest.raises(ContractError, match=r"does not fit its layer"):
        _job("silver.orders", purpose=Purpose.MARKETING)
    with pytest.raises(ContractError, match=r"mining\.recommendations is not kept for analytics"):
        _job(
            "mining.again",
            reads={"rows": mining.RECOMMENDATIONS},
            writes=(mining.CHURN_SCORES,),
            mode=Upsert(),
            purpose=Purpose.ANALYTICS,
        )


def test_identifiers_reach_features_only_through_the_map() -> None:
    with pytest.raises(ContractError, match=r"join one of identity\.customer_map, identity\.customers"):
        _job(
            "features.sessions",
            writes=(features.SESSIONS,),
            mode=Upsert(by=("customer_id",)),
            purpose=Purpose.ANALYTICS,
        )


def test_a_transform_takes_what_is_read() -> None:
    with pytest.raises(ContractError, match=r"transform takes \['rows'\], reads names \['events'\]"):
        _job("silver.orders", reads={"events": silver.EVENTS})
    with pytest.raises(ContractError, match=r"stream 'other' is no table that it reads"):
        _job("silver.orders", mode=Append(stream="other"))
    with pytest.raises(ContractError, match=r"must be partitioned by as_of"):
        _job("silver.orders", mode=Snapshot(history=True))


def test_tables_that_contradict_themselves_fail() -> None:
    def table(**changes):  # type: ignore[no-untyped-def]
        values = {
            "layer": Layer.SILVER,
            "name": "things",
            "doc": "Things.",
            "owner": "intake",
            "fields": (Field("identifier", STRING, "Who.", pii=True), Field("kind", STRING, "What.")),
            "key": ("kind",),
            "subject": Subject.IDENTIFIER,
            "retention": 10,
        }
        return Table(**{**values, **changes})

    assert table().full_name == "silver.things"
    for changes, message in (
        ({"key": ("nothing",)}, "key nothing is no field"),
        ({"retention": None}, "needs a subject and a retention"),
        ({"subject": None}, "needs a subject and a retention"),
        ({"partition_by": ("kind",), "cluster_by": ("kind",)}, "partitioned and clustered at once"),
        ({"cluster_by": ("identifier",)}, "laid out by PII"),
        ({"constraints": (("known", "identifier IS NOT NULL"),)}, "is over PII"),
        ({"name": "Things!"}, "lower-case"),
    ):
        with pytest.raises(ContractError, match=message):
            table(**changes)


def test_serving_stays_readable_by_every_delta_reader() -> None:
    from motherlode.runner.warehouse import _properties

    for table in serving.TABLES:
        properties = _properties(table)
        assert properties["delta.enableDeletionVectors"] == "false"
        assert "delta.columnMapping.mode" not in properties


def test_pii_stays_out_of_statistics() -> None:
    for table in TABLES.values():
        assert not {f.name for f in table.fields if f.pii} & set(table.statistics_columns)
    assert "raw" not in bronze.RECORDS.statistics_columns
