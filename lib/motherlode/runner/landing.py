"""What lies in the landing folder, and the records in it: listed by the driver, read by Spark in Arrow batches.

Listing grows with the files that lie there, reading with the bytes that are new. A file of lines is read in chunks
by many tasks, a compressed one by one, block by block; a CSV file (its fields may hold line breaks) and a file of JSON
arrays that is not named .jsonl or .ndjson (an array may span lines) are read whole by one. Of a Parquet file each task
reads the groups of rows that begin in its part.
"""

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

import pyarrow as pa
import pyarrow.fs
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.bronze import FILES
from motherlode.errors import UsageError
from motherlode.runner.contents import CONTENTS, SCHEMA
from motherlode.runner.databases import read_tables
from motherlode.runner.listed import listed
from motherlode.runner.topics import read_messages
from motherlode.settings import Ingest
from motherlode.sources.blocks import BLOCK_BYTES, Inflated, blocks, first_line
from motherlode.sources.format import Splitter
from motherlode.sources.registry import format_of
from motherlode.sources.row_groups import row_groups
from motherlode.sources.source import Source
from motherlode.sources.split import Flaw, Piece, flaw, flawed, split

LINES_BY_NAME = re.compile(r"\.(jsonl|ndjson)(\.gz)?$")
"""Files of JSON arrays whose arrays have a line each."""
PARQUET_BY_NAME = re.compile(r"\.parquet(\.gz)?$")
"""Rows come as JSON objects, so a format of JSON reads them as its records."""
_WHOLE_GZIP = "a whole gzip file"
_ROWS_PER_BATCH = 20_000
log = logging.getLogger(__name__)


def list_landing(folder: str, sources: tuple[Source, ...]) -> pa.Table:
    """The files under each source's path, in the columns of LISTED.

    A source without any file is named in a warning: its path may be mistyped.

    Raises:
        UsageError: the folder is not there, or holds nothing for any source; a file is of two sources with one target.
    """
    sources = tuple(source for source in sources if source.path)
    if not sources:
        return listed(())
    fs, root = _file_system(folder)
    if fs.get_file_info(root).type != pyarrow.fs.FileType.Directory:
        raise UsageError(f"{folder}: no such folder; paths.landing in conf/ says where raw logs lie")
    rows = sorted((source.name, *found) for source in sources for found in _matching(fs, root, source.path))
    if not rows:
        raise UsageError(f"{folder}: no file matches the path of any source in conf/sources/")
    _check_owners({source.name: source.target for source in sources}, [(file, name) for name, file, *_ in rows])
    seen = {row[0] for row in rows}
    without = [f"{source.name} ({source.path})" for source in sources if source.name not in seen]
    if without:
        log.warning("motherlode: no file in %s for %s", folder, ", ".join(without))
    return listed(rows)


def _check_owners(targets: dict[str, str], found: list[tuple[str, str]]) -> None:
    owners: dict[tuple[str, str], str] = {}
    for file, source in found:
        other = owners.setdefault((file, targets[source]), source)
        if other != source:
            raise UsageError(
                f"{file}: {other} and {source} in conf/sources both read it into {targets[source]}: each record would"
                " count twice"
            )


def _matching(fs: pyarrow.fs.FileSystem, root: str, pattern: str) -> Iterator[tuple[str, int, datetime]]:
    """Files that match a glob, compressed or not: path below the root, size, time of the last change."""
    wanted = PurePosixPath(pattern).parts
    fixed = PurePosixPath(*takewhile(lambda part: not set(part) & set("*?["), wanted[:-1]))
    # Without a fixed part `fixed` is ".", and would be a part of the files' names.
    below = f"{root}/{fixed}" if fixed.parts else root
    selector = pyarrow.fs.FileSelector(below, allow_not_found=True, recursive=True)
    suffix = "" if pattern.endswith(".gz") else ".gz"
    for info in fs.get_file_info(selector):
        try:
            file = info.path[len(root) + 1 :]
        except UnicodeDecodeError:
            log.warning("motherlode: %s/%s: left out what has a name that is no UTF-8: rename it", root, fixed)
            continue
        parts = PurePosixPath(file.removesuffix(suffix)).parts
        same_depth = len(parts) == len(wanted)
        if info.type == pyarrow.fs.FileType.File and same_depth and all(map(fnmatchcase, parts, wanted)):
            yield file, info.size, info.mtime


@cache
def _file_system(uri: str) -> tuple[pyarrow.fs.FileSystem, str]:
    """The file system of a path, and the path as it knows it; opened once by each process."""
    url = urlparse(uri)
    if url.scheme in ("", "file"):
        return pyarrow.fs.LocalFileSystem(), str(Path(url.path if url.scheme else uri).absolute())
    try:
        # Hadoop's s3a is Arrow's s3.
        fs, path = pyarrow.fs.FileSystem.from_uri(f"s3{uri[3:]}" if url.scheme == "s3a" else uri)
    except (pa.ArrowInvalid, OSError) as error:
        needs = "; Arrow needs libhdfs: HADOOP_HOME and CLASSPATH on driver and workers" if url.scheme == "hdfs" else ""
        raise UsageError(f"{uri}: cannot be opened ({type(error).__name__}){needs}") from None
    return fs, path.rstrip("/")


def read_contents(manifest: DataFrame, folder: str, sources: tuple[Source, ...], ingest: Ingest) -> DataFrame:
    """Every record and every flaw in what the manifest names, of files, topics and tables, in the columns of SCHEMA."""
    of_tables = F.col("source").isin([source.name for source in sources if source.database])
    of_topics = F.col("first").isNotNull() & ~of_tables
    if all(source.path for source in sources) and manifest.where(of_topics).isEmpty():
        return _read_files(manifest, folder, sources, ingest)
    files = _read_files(manifest.where(~of_topics & ~of_tables), folder, sources, ingest)
    messages = read_messages(manifest.where(of_topics), sources, ingest)
    return files.unionByName(messages).unionByName(read_tables(manifest.where(of_tables), sources, ingest))


def _read_files(manifest: DataFrame, folder: str, sources: tuple[Source, ...], ingest: Ingest) -> DataFrame:
    """Every record and every flaw in the manifest's files, in the columns of SCHEMA.

    Args:
        manifest: rows of bronze.files.

    Raises:
        UsageError: a file's source is not declared, here; a file cannot be read, on execution.
    """
    splitters = {source.name: format_of(source).splitter for source in sources}
    of_objects = {source.name for source in sources if format_of(source).marks}
    whole = [name for name, kind in splitters.items() if kind == "csv"]
    arrays = [name for name, kind in splitters.items() if kind == "json_arrays"]
    step = ingest.chunk_bytes
    is_named_parquet = F.col("source").isin(sorted(of_objects)) & F.col("file").rlike(PARQUET_BY_NAME.pattern)
    may_span_lines = F.col("source").isin(arrays) & ~F.col("file").rlike(LINES_BY_NAME.pattern) & ~is_named_parquet
    is_whole = F.col("source").isin(whole) | may_span_lines | F.col("file").rlike(r"\.gz$")
    starts = F.when(is_whole, F.array(F.lit(0).cast("long"))).otherwise(
        F.sequence(F.lit(0).cast("long"), F.greatest(F.col("size") - 1, F.lit(0)), F.lit(step).cast("long"))
    )
    chunks = manifest.select(
        *FILES.columns, F.explode(starts).alias("start"), F.when(~is_whole, F.lit(step)).alias("length")
    )
    size = F.sum(F.coalesce(F.least(F.col("length"), "size"), "size"))
    (found,) = chunks.agg(F.collect_set("source").alias("sources"), size.alias("size")).collect()
    if gone := sorted(set(found["sources"]) - splitters.keys()):
        raise UsageError(
            f"{', '.join(gone)}: files were listed and not yet read, and no such source is in conf/sources:"
            " put its file back, run, then take it out"
        )
    tasks = max(_parallelism(manifest), -(-int(found["size"] or 0) // step))
    # A file of nothing has no line, but it is no Parquet.
    tables = [name for name, kind in splitters.items() if kind == "parquet"]
    held = chunks.where((F.col("size") > 0) | F.col("source").isin(tables) | is_named_parquet)
    spread = held.repartitionByRange(tasks, "source", "file", "start")
    root = folder.rstrip("/")
    longest = ingest.max_record_bytes

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for row in batch.to_pylist():
                is_named = row["source"] in of_objects and PARQUET_BY_NAME.search(row["file"])
                kind = "parquet" if is_named else splitters[row["source"]]
                for piece in _pieces(kind, root, row, longest):
                    yield from _batches(row, piece)

    return spread.mapInArrow(read, SCHEMA)


def _parallelism(frame: DataFrame) -> int:
    return frame.sparkSession.sparkContext.defaultParallelism


def _pieces(kind: Splitter, folder: str, row: dict[str, Any], longest: int) -> Iterator[Piece]:
    """The records of one chunk, and what of it could not be read."""
    # The folder alone is a URI: a file's name may hold what has a meaning there.
    fs, root = _file_system(folder)
    name, start, length = row["file"], row["start"], row["length"]
    try:
        with fs.open_input_file(f"{root}/{name}") as file:
            if kind == "parquet":
                yield from _rows(file, name, start, length, longest)
            elif kind == "lines" or (kind == "json_arrays" and LINES_BY_NAME.search(name)):
                yield from _lines("lines" if kind == "lines" else "array_lines", file, name, start, length, longest)
            else:
                yield from _whole(kind, file, name, longest)
    except FileNotFoundError:
        if not fs.get_file_info(pyarrow.fs.FileSelector(root, allow_not_found=True)):
            raise UsageError(f"{folder}: nothing is there now; is it mounted on every worker?") from None
        allowed = "the file that was listed; put back, it must be touched"
        yield flawed(Flaw(start, "file_vanished", allowed, b"", 0))
    except OSError as error:
        # Not quarantined: once it can be read again, the next run takes it in.
        raise UsageError(f"{folder}/{name}: cannot be read ({type(error).__name__})") from None


def _rows(file: pa.NativeFile, name: str, start: int, length: int | None, longest: int) -> Iterator[Piece]:
    if not name.endswith(".gz"):
        yield from row_groups(file, start, length, longest)
        return
    inflated = Inflated(file.read)
    data = b"".join(iter(lambda: inflated.read(BLOCK_BYTES), b""))
    if inflated.is_whole:
        yield from row_groups(pa.BufferReader(data), 0, None, longest)
    else:
        # All or nothing: of a row's number and a byte, either could be an offset.
        file.seek(0)
        yield flawed(Flaw(0, "gzip", _WHOLE_GZIP, file.read(longest), file.size()))


def _lines(kind: str, file: pa.NativeFile, name: str, start: int, length: int | None, longest: int) -> Iterator[Piece]:
    """Block by block."""
    inflated = Inflated(file.read) if name.endswith(".gz") else None
    if start:
        # A line belongs to the chunk in which it begins: the one running into this chunk is not ours.
        file.seek(start - 1)
        before = first_line(file.read, length or 0)
        if before is None:
            return
        file.seek(start + before)
        start, length = start + before, (length or 0) - before
    until = None if length is None else start + length
    at = start
    for block in blocks(inflated.read if inflated else file.read, start, longest, until):
        if isinstance(block, Flaw):
            yield flawed(block)
            continue
        data, at = block.data, block.start + len(block.data)
        if kind == "lines" and inflated and not inflated.is_whole:
            data = _complete(data)
            at = block.start + len(data)
        yield split(kind, data, block.start, longest)
        if len(data) < len(block.data):
            yield flawed(flaw(at, "gzip", _WHOLE_GZIP, block.data[len(data) :], longest))
            return
    if inflated and not inflated.is_whole:
        yield flawed(Flaw(at, "gzip", _WHOLE_GZIP, b"", 0))


def _whole(kind: str, file: pa.NativeFile, name: str, longest: int) -> Iterator[Piece]:
    """A file of which a record may span lines."""
    if not name.endswith(".gz"):
        yield split(kind, file.read(), 0, longest)
        return
    inflated = Inflated(file.read)
    data = b"".join(iter(lambda: inflated.read(BLOCK_BYTES), b""))
    if inflated.is_whole:
        yield split(kind, data, 0, longest)
        return
    # An element of an array ends with its bracket, wherever the file was cut off.
    complete = data if kind == "json_arrays" else _complete(data)
    yield split(kind, complete, 0, longest)
    yield flawed(flaw(len(complete), "gzip", _WHOLE_GZIP, data[len(complete) :], longest))


def _complete(data: bytes) -> bytes:
    """Without the last line, of what was cut off: it may be the beginning of one, and look like a whole one."""
    return data[: data.rfind(b"\n") + 1]


def _batches(row: dict[str, Any], piece: Piece) -> Iterator[pa.RecordBatch]:
    """Arrow batches of one file's records and flaws."""

    def constant(value: object, name: str, count: int) -> pa.Array:
        return pa.repeat(pa.scalar(value, CONTENTS.field(name).type), count)

    def batch(count: int, columns: dict[str, pa.Array]) -> pa.RecordBatch:
        fixed = {"source": row["source"], "batch": row["batch"], "file": row["file"]}
        fixed["received_at"] = row["modified_at"]
        arrays = [
            columns[field.name] if field.name in columns else constant(fixed.get(field.name), field.name, count)
            for field in CONTENTS
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=CONTENTS)

    for at in range(0, len(piece.texts), _ROWS_PER_BATCH):
        columns = {"offset": piece.offsets, "raw": piece.texts, "header": piece.headers}
        part = {name: values.slice(at, _ROWS_PER_BATCH) for name, values in columns.items()}
        part["header"] = part["header"].cast(pa.string())
        yield batch(len(part["raw"]), part)
    every = piece.flaws
    if every:
        columns = {
            "offset": pa.array([one.offset for one in every], pa.int64()),
            "rule": pa.array([one.rule for one in every]),
            "found": pa.array([one.found for one in every]),
            "allowed": pa.array([one.allowed for one in every]),
            "content": pa.array([one.content for one in every], pa.binary()),
        }
        yield batch(len(every), columns)
