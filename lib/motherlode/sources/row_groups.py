"""Parquet files into records, a batch of rows at a time: a file may be larger than memory, and read by many tasks.

A record is the text of `json_rows`; its offset is the row's number in the file. What cannot be read is a `Flaw`: a file
that is none as a whole, or a group of rows from the first row that is broken.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from motherlode.sources.rows import json_rows, readable
from motherlode.sources.split import Flaw, Piece, flaw, flawed, too_long

ALLOWED = "a whole Parquet file"
_MAGIC = b"PAR1"
"""A file begins and ends with it; pyarrow looks at the end alone."""
_BATCH_BYTES = 16_777_216
_BATCH_ROWS = 20_000
_BUFFER = 1_048_576
_BROKEN = (pa.ArrowException, OSError, ValueError)
"""What pyarrow raises on bytes that are no Parquet."""


def row_groups(file: pa.NativeFile, start: int, length: int | None, longest: int) -> Iterator[Piece]:
    """The rows of those groups that begin within [start, start + length); without a length of all.

    Args:
        longest: bytes that a record may have, and that a flaw keeps of what was broken.

    Raises:
        OSError: the file cannot be read, whatever is in it.
    """
    size = file.size()
    allowed = ALLOWED
    try:
        # Pages as they are needed, rather than each column of a group at once.
        found = pq.ParquetFile(
            file, buffer_size=_BUFFER, coerce_int96_timestamp_unit="us", page_checksum_verification=True
        )
        groups = [found.metadata.row_group(n) for n in range(found.num_row_groups)]
        names = found.schema_arrow.names
        if len(set(names)) < len(names):
            allowed = "each column under a name of its own"
        has_head = _bytes(file, 0, len(_MAGIC)) == _MAGIC
        is_whole = has_head and allowed == ALLOWED and _adds_up(found.metadata, groups)
    except _BROKEN:
        is_whole = False
    if not is_whole:
        if start == 0:
            yield flawed(Flaw(0, "parquet", allowed, _bytes(file, 0, longest), size))
        return
    begins = [min(max(_begin(group), 0), size - 1) for group in groups]
    first = 0
    for n, begin in enumerate(begins):
        if start <= begin and (length is None or begin < start + length):
            end = min([at for at in begins if at > begin], default=size)
            yield from _group(file, found, n, first, longest, (begin, end))
        first += groups[n].num_rows


def _adds_up(whole: pq.FileMetaData, groups: list[pq.RowGroupMetaData]) -> bool:
    rows = [group.num_rows for group in groups]
    return sum(rows) == whole.num_rows and min(rows, default=0) >= 0


def _begin(group: pq.RowGroupMetaData) -> int:
    """The byte at which a group's first page stands."""
    if not group.num_columns:
        return 0
    column = group.column(0)
    pages: tuple[int, int | None] = (column.data_page_offset, column.dictionary_page_offset)
    return min(at for at in pages if at)


def _group(
    file: pa.NativeFile, found: pq.ParquetFile, n: int, first: int, longest: int, span: tuple[int, int]
) -> Iterator[Piece]:
    group = found.metadata.row_group(n)
    instants = _int96(found)
    size = min(_BATCH_ROWS, max(1, _BATCH_BYTES * max(group.num_rows, 1) // max(group.total_byte_size, 1)))
    at, end = first, first + group.num_rows
    is_whole = False
    try:
        for batch in found.iter_batches(batch_size=size, row_groups=[n]):
            if at + batch.num_rows > end:
                break
            yield _piece(batch, instants, at, longest)
            at += batch.num_rows
        else:
            is_whole = at == end
    except _BROKEN:
        pass
    if not is_whole:
        length = span[1] - span[0]
        content = _bytes(file, span[0], min(length, longest))
        yield flawed(Flaw(at, "parquet", f"readable rows {first} to {end - 1}", content, length))


def _int96(found: pq.ParquetFile) -> set[str]:
    """Columns of an old kind of time. They hold instants, as Spark writes them, and do not say so."""
    columns = [found.schema.column(n) for n in range(len(found.schema))]
    return {column.path for column in columns if column.physical_type == "INT96"}


def _piece(batch: pa.RecordBatch, instants: set[str], first: int, longest: int) -> Piece:
    columns = {}
    for name, values in zip(batch.schema.names, batch.columns, strict=True):
        zoned = name in instants and pa.types.is_timestamp(values.type)
        columns[name] = values.cast(pa.timestamp(values.type.unit, "UTC")) if zoned else values
    texts = json_rows(columns, batch.num_rows)
    is_utf8 = np.ones(batch.num_rows, dtype=bool)
    for values in columns.values():
        is_utf8 &= readable(values)
    fits = pc.less_equal(pc.binary_length(texts), longest).to_numpy(zero_copy_only=False)
    offsets = np.arange(first, first + batch.num_rows, dtype=np.int64)
    good = is_utf8 & fits
    flaws = []
    for n in np.flatnonzero(~good).tolist():
        rule, allowed = ("encoding", "UTF-8") if fits[n] else ("record_too_long", too_long(longest))
        flaws.append(flaw(int(offsets[n]), rule, allowed, texts[n].as_py().encode(), longest))
    kept = texts.filter(pa.array(good))
    return Piece(pa.array(offsets[good]), kept, pa.nulls(len(kept), pa.string()), tuple(flaws))


def _bytes(file: pa.NativeFile, start: int, count: int) -> bytes:
    file.seek(start)
    found: bytes = file.read(count)
    return found
