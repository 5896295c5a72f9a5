"""`try`: what a file would become. A sample of it goes through the code that a run uses; nothing is written."""

import base64
import os
import secrets
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from motherlode.columns.keys import CONTACT_KEY, KEY_BYTES, PSEUDONYM_KEY, read_key
from motherlode.contracts import bronze, silver
from motherlode.errors import Exit, QualityError
from motherlode.runner import trial_view as view
from motherlode.runner.context import Context
from motherlode.runner.sample import Sample, read_sample
from motherlode.runner.trial_outcome import Outcome
from motherlode.settings import build_source
from motherlode.sources.draft import Draft, draft_of_records
from motherlode.sources.fields_seen import FieldsSeen, of_records, of_table
from motherlode.sources.intake import SilverParams, take_in
from motherlode.sources.registry import format_of, known_formats, target_of
from motherlode.sources.sniff import Sniffed, json_records, sniff
from motherlode.sources.source import Source
from motherlode.sources.split import Piece, split
from motherlode.sources.table_draft import draft_of_table
from motherlode.sources.table_sample import TableSample, read_table, table_of_rows

RECORDS = 20_000
"""At most so many are tried."""


def try_file(context: Context, name: str, file: str, conf_dir: Path) -> Exit:
    """Show what a file would become as records of a source, which is drafted where it is not declared.

    Raises:
        UsageError: there is no such file.
        QualityError: it is nothing that any format could read.
    """
    sample = read_sample(file)
    sniffed = sniff(sample.data, known_formats(), sample.is_cut, sample.is_parquet)
    source = next((source for source in context.sources if source.name == name), None)
    # Who declared a source knows better than the sniffer, but not how to read what is no text.
    if sniffed.best is None and (source is None or not sniffed.records):
        raise QualityError(f"{file}: {sniffed.why_not}")
    if source:
        _refuse_other_kind(source, sample, file)
    table = _table(source, sample, sniffed)
    is_csv = table is not None and not sample.is_parquet
    to_change = (*sniffed.to_change, *(table.to_change() if table and is_csv and sniffed.best else ()))
    view.say_file(file, sample, sniffed, source, to_change)
    if source is None:
        draft = _draft(name, sample, sniffed, table)
        view.say_draft(draft, conf_dir / "sources" / f"{name}.toml")
        if draft.missing:
            return Exit.QUALITY
        values = tomllib.loads(draft.toml)
        source = build_source(conf_dir, name, values, context.settings.business.zone, "the draft")
    else:
        view.say_declared(conf_dir / "sources" / f"{name}.toml")
    is_odd = table is not None and is_csv and (sniffed.delimiter != "," or bool(table.odd_amounts))
    data = table.as_csv() if table and is_odd else sniffed.data
    with throwaway_keys(context.spark) as made:
        outcome = _tried(context, source, sample, data)
    # A table without a header row has values where the names of its columns should be: these are not shown.
    fields = _fields(source, data, table) if sniffed.best else None
    view.say_outcome(outcome, source, fields, made)
    if to_change:
        view.say_change_first(to_change)
        return Exit.QUALITY
    return Exit.DONE if outcome.rows.num_rows else Exit.QUALITY


def _refuse_other_kind(source: Source, sample: Sample, file: str) -> None:
    """A source of Parquet reads nothing else, and Parquet is read by that and by formats of JSON."""
    is_read = source.format == "parquet" or bool(format_of(source).marks)
    if (source.format == "parquet" and not sample.is_parquet) or (sample.is_parquet and not is_read):
        found = "Parquet" if sample.is_parquet else "no Parquet"
        raise QualityError(f"{file}: is {found}, and the source {source.name} says {source.format}: which is it?")


def _table(source: Source | None, sample: Sample, sniffed: Sniffed) -> TableSample | None:
    """The sample as a table, where it is one."""
    form = source.format if source else sniffed.best.format if sniffed.best else ""
    if form not in ("csv", "parquet"):
        return None
    return table_of_rows(sniffed.data) if sample.is_parquet else read_table(sniffed.data, sniffed.delimiter)


def _draft(name: str, sample: Sample, sniffed: Sniffed, table: TableSample | None) -> Draft:
    if table:
        return draft_of_table(name, sample.name, table, "parquet" if sample.is_parquet else "csv")
    if sniffed.best is None:
        raise QualityError(sniffed.why_not)
    how_sure = f"{sniffed.best.share:.0%} of {sniffed.records:,} records have what tells this format"
    return draft_of_records(name, sample.name, known_formats()[sniffed.best.format], how_sure)


def _fields(source: Source, data: bytes, table: TableSample | None) -> FieldsSeen | None:
    form = format_of(source)
    if table:
        return of_table(table, source)
    if not form.marks:
        return None
    return of_records([record for record in json_records(data) if record is not None], form)


def _tried(context: Context, source: Source, sample: Sample, data: bytes) -> Outcome:
    """What becomes of the records, as a run would have it with nothing there before."""
    longest = context.settings.ingest.max_record_bytes
    kind = "lines" if sample.is_parquet else format_of(source).splitter
    piece = _first(split(kind, data, 0, longest), sample.is_cut)
    target = target_of(source)
    spark = context.spark
    params = replace(context.settings.params_of(SilverParams), sources=(source,))
    previous = spark.createDataFrame([], target.schema)
    campaigns = _campaigns(context) if source.time_from else None
    try:
        found = take_in(target, _records(spark, source, sample, piece), previous, params, campaigns)
        quarantine = found[silver.QUARANTINES[target.name].name].drop("record", "header")
        return Outcome(
            target=target,
            records=len(piece.texts),
            flaws=piece.flaws,
            data=data,
            rows=found[target.name].toArrow(),
            repeats=found[silver.DUPLICATES[target.name].name].toArrow(),
            quarantine=quarantine.toArrow(),
        ).checked()
    finally:
        spark.catalog.clearCache()


def _first(piece: Piece, is_cut: bool) -> Piece:
    """The first records; of a sample that is cut, the last one may be half of one, and a flaw behind it the cut's."""
    keep = min(RECORDS, len(piece.texts) - (1 if is_cut and len(piece.texts) > 1 else 0))
    if keep == len(piece.texts) or not keep:
        return piece
    offsets, texts, headers = (values.slice(0, keep) for values in (piece.offsets, piece.texts, piece.headers))
    end = piece.offsets[keep].as_py()
    return Piece(offsets, texts, headers, tuple(flaw for flaw in piece.flaws if flaw.offset < end))


def _records(spark: SparkSession, source: Source, sample: Sample, piece: Piece) -> DataFrame:
    """As bronze.records would hold them."""
    count = len(piece.texts)
    received = pa.scalar(sample.modified_at, pa.timestamp("us", "UTC"))
    columns = {
        "source": pa.repeat(source.name, count),
        "batch": pa.repeat(pa.scalar(1, pa.int64()), count),
        "file": pa.repeat(sample.name, count),
        "offset": piece.offsets,
        "received_at": pa.repeat(received, count),
        "received_on": pa.repeat(pa.scalar(sample.modified_at.date(), pa.date32()), count),
        "header": piece.headers.cast(pa.string()),
        "raw": piece.texts,
    }
    return spark.createDataFrame(pa.table(columns), bronze.RECORDS.schema)


def _campaigns(context: Context) -> DataFrame:
    table = silver.CAMPAIGNS
    if context.warehouse.version(table) is None:
        return context.spark.createDataFrame([], table.schema)
    return context.warehouse.newest(table)


@contextmanager
def throwaway_keys(spark: SparkSession) -> Iterator[tuple[str, ...]]:
    """Makes the keys that are not set, for this process and the Python workers of what it asks for meanwhile.

    They reach the workers beside each function, not by Spark's configuration, and hash nothing that is kept.
    """
    missing = [name for name in (PSEUDONYM_KEY, CONTACT_KEY) if not os.environ.get(name)]
    made = {name: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() for name in missing}
    workers = spark.sparkContext.environment
    os.environ.update(made)
    workers.update(made)
    try:
        for name in (PSEUDONYM_KEY, CONTACT_KEY):
            read_key(name)
        yield tuple(made)
    finally:
        for name in made:
            os.environ.pop(name, None)
            workers.pop(name, None)
