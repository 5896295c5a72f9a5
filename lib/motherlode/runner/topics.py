"""Kafka's topics as files without an end: the driver lists their offsets, executors read ranges of them.

The manifest says which offsets belong to which batch, so a batch that is read again is the same one: each message is
taken once, whoever dies. Consumer groups play no part.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from motherlode.columns.times import plausible
from motherlode.errors import UnavailableError, UsageError
from motherlode.runner.contents import CONTENTS, SCHEMA
from motherlode.runner.listed import ALWAYS, listed
from motherlode.settings import Ingest
from motherlode.sources.registry import format_of
from motherlode.sources.source import Kafka, Source
from motherlode.sources.split import Flaw, flaw, split, too_long

ANSWERS_WITHIN_MS = "15000"
MESSAGES_PER_TASK = 500_000
_BYTES = "org.apache.kafka.common.serialization.ByteArrayDeserializer"


def list_topics(spark: SparkSession, sources: tuple[Source, ...], ingest: Ingest) -> pa.Table:
    """Each partition of each source's topic, with where it begins and ends now, in the columns of LISTED.

    Raises:
        UnavailableError: a broker does not answer.
        UsageError: it has no such topic.
    """
    rows = []
    for source in sources:
        if source.kafka is None:
            continue
        with _consumer(spark, source, source.kafka) as consumer:
            for partition, (begin, end) in sorted(_bounds(spark, consumer, source.kafka).items()):
                first = begin if source.kafka.begin == "earliest" else end
                most = ingest.messages_per_batch
                rows.append((source.name, f"{source.kafka.topic}/{partition}", end, ALWAYS, first, most))
    return listed(rows)


def read_messages(manifest: DataFrame, sources: tuple[Source, ...], ingest: Ingest) -> DataFrame:
    """Every record and every flaw in the ranges of offsets that the manifest's rows name, in the columns of SCHEMA.

    Args:
        manifest: rows of bronze.files whose `first` is not null: as many as partitions and batches.

    Raises:
        UnavailableError: a broker does not answer.
        UsageError: it has no such topic.
    """
    spark = manifest.sparkSession
    topics = {source.name: (source, source.kafka) for source in sources if source.kafka is not None}
    by_source: dict[str, list[Row]] = {}
    for row in manifest.orderBy("source", "file", "first").collect():
        by_source.setdefault(row["source"], []).append(row)
    if gone := sorted(set(by_source) - set(topics)):
        raise UsageError(
            f"{', '.join(gone)}: messages were listed and not yet read, and no such source with a topic is in"
            " conf/sources: put its file back, run, then take it out"
        )
    frames = [_read(spark, *topics[name], ranges, ingest) for name, ranges in by_source.items()]
    return reduce(DataFrame.unionByName, frames, spark.createDataFrame([], SCHEMA))


def _read(spark: SparkSession, source: Source, kafka: Kafka, ranges: list[Row], ingest: Ingest) -> DataFrame:
    with _consumer(spark, source, kafka) as consumer:
        kept = {partition: begin for partition, (begin, _) in _bounds(spark, consumer, kafka).items()}
    lost = []
    frames = []
    for batch, of_batch in groupby(sorted(ranges, key=itemgetter("batch")), key=itemgetter("batch")):
        starts, ends = {}, {}
        for row in of_batch:
            partition = row["file"].rpartition("/")[2]
            begin, end = row["first"], row["first"] + row["size"]
            oldest = kept.get(int(partition), begin)
            if oldest > begin and end > begin:
                # The broker's retention was faster: what is gone is said, the rest is read.
                allowed = f"the offsets before {min(oldest, end)}, which the broker no longer has"
                found = f"{min(oldest, end) - begin} messages"
                lost.append((source.name, batch, row["file"], ALWAYS, begin, "expired", found, allowed))
            if max(begin, oldest) < end:
                starts[partition], ends[partition] = max(begin, oldest), end
        if starts:
            messages = _messages(spark, kafka, starts, ends).withColumn("batch", F.lit(batch).cast("long"))
            frames.append(_split(messages, source, ingest))
    said = "source string, batch long, file string, received_at timestamp, offset long, rule string, found string"
    flaws = spark.createDataFrame(lost, f"{said}, allowed string").withColumns(
        {
            "header": F.lit(None).cast("string"),
            "raw": F.lit(None).cast("string"),
            "content": F.encode(F.lit(""), "UTF-8"),
        }
    )
    return reduce(DataFrame.unionByName, frames, flaws.select(*CONTENTS.names))


def _messages(spark: SparkSession, kafka: Kafka, starts: dict[str, int], ends: dict[str, int]) -> DataFrame:
    reader = spark.read.format("kafka").option("failOnDataLoss", "true")
    for key, value in _options(kafka).items():
        reader = reader.option(f"kafka.{key}", value)
    count = sum(ends[partition] - start for partition, start in starts.items())
    return (
        reader.option("assign", json.dumps({kafka.topic: sorted(map(int, starts))}))
        .option("startingOffsets", json.dumps({kafka.topic: starts}))
        .option("endingOffsets", json.dumps({kafka.topic: ends}))
        .option("minPartitions", str(max(len(starts), -(-count // MESSAGES_PER_TASK))))
        .load()
    )


def _split(messages: DataFrame, source: Source, ingest: Ingest) -> DataFrame:
    """A message is a record, whatever line breaks it has; of one that is an array each element is one."""
    # Whoever sent it says when, and may say anything.
    sent_at = F.when(plausible(F.col("timestamp")), F.col("timestamp")).otherwise(F.lit(ALWAYS))
    file = F.concat("topic", F.lit("/"), "partition")
    given = messages.select("batch", file.alias("file"), sent_at.alias("timestamp"), "offset", "value")
    name, longest = source.name, ingest.max_record_bytes
    is_array = format_of(source).splitter == "json_arrays"

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows: list[dict[str, Any]] = []
            for row in batch.to_pylist():
                rows.extend(_records(row, is_array, longest))
            if rows:
                yield pa.RecordBatch.from_pylist([{"source": name, **row} for row in rows], schema=CONTENTS)

    return given.mapInArrow(read, SCHEMA)


def _records(row: Mapping[str, Any], is_array: bool, longest: int) -> Iterator[dict[str, Any]]:
    value: bytes | None = row["value"]
    base = {"batch": row["batch"], "file": row["file"], "received_at": row["timestamp"], "offset": row["offset"]}
    if not value:
        yield {**base, **_said(Flaw(row["offset"], "empty_message", "a message with a value", b"", 0))}
        return
    if not is_array:
        yield {**base, **_one(value, row["offset"], longest)}
        return
    # Several records may lie at one offset: the message is their file, and each has its place in it.
    piece = split("json_arrays", value, 0, longest)
    inside = {**base, "file": f"{row['file']}@{row['offset']}"}
    for offset, text in zip(piece.offsets.to_pylist(), piece.texts.to_pylist(), strict=True):
        yield {**inside, "offset": offset, "raw": text}
    for one in piece.flaws:
        yield {**inside, **_said(one)}


def _one(value: bytes, offset: int, longest: int) -> dict[str, Any]:
    if len(value) > longest:
        return _said(flaw(offset, "record_too_long", too_long(longest), value, longest))
    try:
        return {"raw": value.decode()}
    except UnicodeDecodeError:
        return _said(flaw(offset, "encoding", "UTF-8", value, longest))


def _said(one: Flaw) -> dict[str, Any]:
    columns = ("offset", "rule", "found", "allowed", "content")
    return {name: getattr(one, name) for name in columns}


def _options(kafka: Kafka) -> dict[str, str]:
    """Of Kafka's consumer; what is secret comes from the environment of the driver."""
    found = {"bootstrap.servers": kafka.servers, **kafka.options}
    for key, variable in kafka.secrets.items():
        if variable not in os.environ:
            raise UsageError(f"{variable} is not set: kafka.secrets of the source for topic {kafka.topic} names it")
        found[key] = os.environ[variable]
    return found


@contextmanager
def _consumer(spark: SparkSession, source: Source, kafka: Kafka) -> Iterator[Any]:
    jvm: Any = spark.sparkContext._jvm
    properties = jvm.java.util.Properties()
    given = {"default.api.timeout.ms": ANSWERS_WITHIN_MS, "key.deserializer": _BYTES, "value.deserializer": _BYTES}
    for key, value in {**given, **_options(kafka)}.items():
        properties.setProperty(key, value)
    try:
        consumer = jvm.org.apache.kafka.clients.consumer.KafkaConsumer(properties)
        try:
            yield consumer
        finally:
            consumer.close()
    except TypeError:
        raise UsageError("Kafka's jars are not there: `make setup` fetches them into paths.jars") from None
    except Py4JJavaError as error:
        kind = str(error.java_exception.getClass().getSimpleName())
        raise UnavailableError(f"{source.name}: {kafka.servers} does not answer as a Kafka broker ({kind})") from None


def _bounds(spark: SparkSession, consumer: Any, kafka: Kafka) -> dict[int, tuple[int, int]]:
    """Of each partition the first offset that there is, and the one after the last."""
    jvm: Any = spark.sparkContext._jvm
    partitions = jvm.java.util.ArrayList()
    for found in consumer.partitionsFor(kafka.topic):
        partitions.add(jvm.org.apache.kafka.common.TopicPartition(kafka.topic, found.partition()))
    if not len(partitions):
        raise UsageError(f"{kafka.servers}: there is no topic {kafka.topic}")
    begin, end = consumer.beginningOffsets(partitions), consumer.endOffsets(partitions)
    return {int(one.partition()): (int(begin[one]), int(end[one])) for one in partitions}
