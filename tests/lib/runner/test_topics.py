"""Sources in Kafka: each message once, whatever is killed, lost or made anew. The broker is a real one."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import bronze, silver
from motherlode.errors import UsageError
from motherlode.runner.context import Context
from motherlode.runner.registry import all_jobs
from motherlode.runner.run import Result, run_job
from motherlode.settings import load_settings
from motherlode.sources.source import Kafka, Source, SourceError
from tests.lib.runner.kafka import ROOT, Broker, broker, conf_of


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("kafka")) as made:
        yield made


def shop(
    spark: SparkSession, folder: Path, servers: str, topic: str, *overrides: str, begin: str = "earliest"
) -> Context:
    """A business whose only source is a topic."""
    conf = conf_of(folder, servers, topic, begin)
    paths = (f"paths.warehouse={folder / 'warehouse'}", f"paths.jars={ROOT / 'build/jars'}")
    kinds = {job.params for job in all_jobs().values() if job.params}
    return Context(spark, load_settings(conf, "demo", (*paths, *overrides), sorted(kinds, key=str)))


def event(number: int, **more: Any) -> str:
    said = {"type": "page", "messageId": f"m{number}", "anonymousId": f"a{number}", "name": "Home"}
    return json.dumps({**said, "originalTimestamp": "2018-02-01T10:00:00Z", **more})


def run(context: Context, *names: str) -> dict[str, Result]:
    return {name: run_job(context, all_jobs()[name]) for name in names or ("bronze.files", "bronze.records")}


def taken(context: Context) -> list[tuple[Any, ...]]:
    rows = context.warehouse.newest(bronze.RECORDS).select("batch", "file", "offset", "raw").collect()
    return sorted((row["batch"], row["file"], row["offset"], row["raw"]) for row in rows)


def refused(context: Context) -> list[tuple[Any, ...]]:
    rows = context.warehouse.newest(bronze.QUARANTINE).select("batch", "file", "offset", "rule", "allowed").collect()
    return sorted(map(tuple, rows))


def test_messages_are_records_and_each_is_taken_once(spark: SparkSession, kafka: Broker, tmp_path: Path) -> None:
    kafka.create(spark, "web")
    context = shop(spark, tmp_path, kafka.servers, "web")
    run(context)
    assert run(context)["bronze.files"].why == "no row changed"
    assert run(context)["bronze.files"].status == "skipped"
    kafka.send(spark, "web", [event(1), '{"two":\n"lines"}', b"\xff\xfe", None])
    kafka.send(spark, "web", [event(2)], partition=1)
    assert [result.status for result in run(context).values()] == ["done", "done"]
    assert [result.why for result in run(context).values()] == ["no row changed", "nothing new"]
    assert [result.status for result in run(context).values()] == ["skipped", "skipped"]
    kafka.send(spark, "web", [event(3)])
    run(context)
    assert taken(context) == [
        (2, "web/0", 0, event(1)),
        (2, "web/0", 1, '{"two":\n"lines"}'),
        (2, "web/1", 0, event(2)),
        (3, "web/0", 4, event(3)),
    ]
    assert refused(context) == [
        (2, "web/0", 2, "encoding", "UTF-8"),
        (2, "web/0", 3, "empty_message", "a message with a value"),
    ]
    run(context, "silver.campaigns", "silver.events")
    events = context.warehouse.newest(silver.EVENTS).select("file", "offset", "type").collect()
    assert sorted(map(tuple, events)) == [
        ("web/0", 0, "page_viewed"),
        ("web/0", 4, "page_viewed"),
        ("web/1", 0, "page_viewed"),
    ]


def test_a_run_takes_no_more_than_it_may_and_the_next_one_goes_on(
    spark: SparkSession, kafka: Broker, tmp_path: Path
) -> None:
    kafka.create(spark, "rate", 1)
    kafka.send(spark, "rate", [event(n) for n in range(5)])
    context = shop(spark, tmp_path, kafka.servers, "rate", "ingest.messages_per_batch=2")
    counts = []
    for _ in range(3):
        run(context)
        counts.append(len(taken(context)))
    assert counts == [2, 4, 5]
    assert [raw for _, _, _, raw in taken(context)] == [event(n) for n in range(5)]


def test_what_the_broker_has_deleted_before_it_was_read_is_said(
    spark: SparkSession, kafka: Broker, tmp_path: Path
) -> None:
    kafka.create(spark, "short", 1)
    context = shop(spark, tmp_path, kafka.servers, "short")
    kafka.send(spark, "short", [event(0)])
    run(context)
    kafka.send(spark, "short", [event(n) for n in range(1, 6)])
    run(context, "bronze.files")
    kafka.delete_before(spark, "short", 0, 4)
    run(context)
    assert [(offset, raw) for _, _, offset, raw in taken(context)] == [(0, event(0)), (4, event(4)), (5, event(5))]
    assert refused(context) == [(2, "short/0", 1, "expired", "the offsets before 4, which the broker no longer has")]


def test_a_topic_that_was_made_anew_is_read_from_its_beginning(
    spark: SparkSession, kafka: Broker, tmp_path: Path
) -> None:
    kafka.create(spark, "first", 1)
    kafka.create(spark, "second", 1)
    kafka.send(spark, "first", [event(1), event(2), event(3)])
    kafka.send(spark, "second", [event(4)])
    run(shop(spark, tmp_path, kafka.servers, "first"))
    # The same name, other contents: as the manifest sees it, offsets that end before those that were taken.
    context = shop(spark, tmp_path / "again", kafka.servers, "second")
    shutil.copytree(tmp_path / "warehouse", tmp_path / "again/warehouse")
    files = context.warehouse.newest(bronze.FILES).collect()
    assert [(row["file"], row["first"], row["size"]) for row in files] == [("first/0", 0, 3)]
    renamed = str(context.warehouse.path(bronze.FILES))
    spark.sql(f"UPDATE delta.`{renamed}` SET file = 'second/0'")
    from jobs.bronze.files import transform

    listed = spark.createDataFrame(
        [("web", "second/0", 1, files[0]["modified_at"], 0, 100, None)],
        "source string, file string, size long, modified_at timestamp, first long, most long, overlap long",
    )
    (new,) = transform(listed, context.warehouse.newest(bronze.FILES))["files"].collect()
    assert (new["file"], new["first"], new["size"], new["batch"]) == ("second/0", 0, 1, 2)


def test_latest_begins_at_the_end(spark: SparkSession, kafka: Broker, tmp_path: Path) -> None:
    kafka.create(spark, "late", 1)
    kafka.send(spark, "late", [event(1)])
    context = shop(spark, tmp_path, kafka.servers, "late", begin="latest")
    # What comes between the first listing, which takes nothing, and the second is not to be lost.
    run(context)
    kafka.send(spark, "late", [event(2)])
    run(context)
    assert [raw for _, _, _, raw in taken(context)] == [event(2)]


def test_what_is_wrong_is_one_line(
    spark: SparkSession, kafka: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("motherlode.runner.topics.ANSWERS_WITHIN_MS", "1500")
    with pytest.raises(UsageError, match="there is no topic nowhere"):
        run(shop(spark, tmp_path / "a", kafka.servers, "nowhere"))
    with pytest.raises(UsageError, match=r"web: 127\.0\.0\.1:1 does not answer as a Kafka broker \(TimeoutException\)"):
        run(shop(spark, tmp_path / "b", "127.0.0.1:1", "web"))
    secret = Kafka("127.0.0.1:1", "web", secrets={"sasl.jaas.config": "SHOP_KAFKA"})
    from motherlode.runner.topics import _options

    with pytest.raises(UsageError, match="SHOP_KAFKA is not set"):
        _options(secret)
    monkeypatch.setenv("SHOP_KAFKA", "x")
    assert _options(secret)["sasl.jaas.config"] == "x"
    with pytest.raises(SourceError, match="path, kafka or database must be set, and one alone"):
        Source(name="web", format="segment", target="events", channel="web")
    with pytest.raises(SourceError, match="format csv is read from files alone"):
        Source(name="web", format="csv", target="products", kafka=secret, key=("a",), columns={"product_id": "a"})
