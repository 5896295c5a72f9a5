"""Records into files, from Spark tasks; each file appears whole under its name or not at all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.records import BROKEN, EXTENSIONS, GLUED, HEADERS, IDENTIFIERS, ORIGINAL

TEMPORARY = ".part"
_SEEN = ("source", "day", "planted", *IDENTIFIERS)
_FACTS = pa.schema(
    [(n, pa.string()) for n in ("what", "source", "day", "file", "key", "broken", "planted", *IDENTIFIERS)]
    + [(n, pa.int64()) for n in ("line", "records", "late", "heads", "files")]
)
FACTS = ", ".join(f"{f.name} {'bigint' if f.type == pa.int64() else 'string'}" for f in _FACTS)
"""What writing leaves behind for the truth: `what` is seen (how many originals of a file showed these identifiers),
repeat or broken (one record each, with file, line and key, as a reader of the file should find them), or file (one
row per file)."""
_ARRAY_SIZES = (1, 4, 2, 7, 3, 5)
"""How many e-mail events one line holds, in turn."""

Batches = Iterator[pa.RecordBatch]


def write_files(records: DataFrame, out: Path, shards: int, tasks: int) -> DataFrame:
    """Lazily: `records` (day, broken, text as bytes) into out/SOURCE/DAY[-SHARD].EXT, in a total order; the facts."""
    shard = F.pmod(F.xxhash64("key"), F.lit(shards)) if shards > 1 else F.lit(-1).cast("long")
    placed = records.withColumn("shard", shard)
    return (
        placed.repartition(tasks, "source", "day", "shard")
        .sortWithinPartitions("source", "day", "shard", "at_ms", "key", "kind")
        .select("source", "day", "shard", "kind", "late", "head", "key", "broken", "text", "planted", *IDENTIFIERS)
        .mapInArrow(_file_writer(str(out)), FACTS)
    )


def _file_writer(out: str) -> Callable[[Batches], Batches]:
    def write(batches: Batches) -> Batches:
        files = _Files(Path(out))
        for batch in batches:
            yield from files.take(pa.Table.from_batches([batch]))
        yield from files.finish()

    return write


@dataclass
class _Files:
    """The file being written by one task."""

    out: Path
    place: tuple[str, str, int] | None = None
    handle: BinaryIO | None = None
    path: Path = Path()
    line: int = 0
    arrays: int = 0
    waiting: list[bytes] = field(default_factory=list)

    def take(self, table: pa.Table) -> Batches:
        """Writes a batch of sorted rows; yields its facts."""
        for start, end in _runs(table):
            row = table.slice(start, 1)
            place = (row["source"][0].as_py(), row["day"][0].as_py(), row["shard"][0].as_py())
            yield from self._go_to(place)
            yield from self._append(table.slice(start, end - start))
        yield from _seen(table)

    def finish(self) -> Batches:
        """Closes the last file."""
        if self.handle is None or self.place is None:
            return
        self._flush_array()
        self.handle.close()
        self.path.with_name(self.path.name + TEMPORARY).replace(self.path)
        self.handle = None
        yield _facts(
            {"what": "file", "source": self.place[0], "day": self.place[1], "file": self.path.name, "files": 1}
        )

    def _go_to(self, place: tuple[str, str, int]) -> Batches:
        if place == self.place:
            return
        yield from self.finish()
        source, day, shard = place
        name = day if shard < 0 else f"{day}-{shard:03d}"
        self.path = self.out / source / f"{name}.{EXTENSIONS.get(source, 'csv')}"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.handle = self.path.with_name(self.path.name + TEMPORARY).open("wb")
        self.place, self.line, self.arrays = place, 0, 0
        if source in HEADERS:
            self._lines([HEADERS[source].encode()])

    def _append(self, table: pa.Table) -> Batches:
        texts = table["text"].to_pylist()
        kinds = table["kind"].to_numpy()
        is_email = table["source"][0].as_py() == "email"
        lines = self._elements(texts, kinds) if is_email else self._lines(texts)
        twice = np.array([is_email and how == GLUED for how in table["broken"].to_pylist()], bool)
        noted = np.repeat(np.arange(len(kinds)), (kinds != ORIGINAL).astype(int) + twice)
        if len(noted):
            rows = table.select(["source", "day", "key", "broken"]).take(noted)
            is_broken = (kinds == BROKEN) & ~twice
            columns = {n: rows[n] for n in rows.column_names} | {
                "what": pa.array(np.where(is_broken, "broken", "repeat")[noted].tolist(), pa.string()),
                "file": pa.array([self.path.name] * len(noted), pa.string()),
                "line": pa.array([lines[position] for position in noted], pa.int64()),
            }
            yield from _facts_of(columns, len(noted))

    def _lines(self, texts: list[bytes]) -> list[int]:
        """Writes records, one after the other; returns on which line each starts."""
        block = b"\n".join(texts) + b"\n"
        if self.handle is None:
            raise RuntimeError("no file is open")
        self.handle.write(block)
        heights = np.ones(len(texts), np.int64)
        if block.count(b"\n") != len(texts):
            heights += [text.count(b"\n") for text in texts]
        starts = self.line + 1 + np.cumsum(heights) - heights
        self.line += int(heights.sum())
        return [int(start) for start in starts]

    def _elements(self, texts: list[bytes], kinds: "np.ndarray[tuple[int], np.dtype[np.int32]]") -> list[int]:
        """Writes records as elements of arrays, broken ones on lines of their own; returns their lines."""
        lines = []
        for text, kind in zip(texts, kinds, strict=True):
            if kind == BROKEN:
                self._flush_array()
                lines += self._lines([text])
            else:
                lines.append(self.line + 1)
                self._element(text)
        return lines

    def _element(self, text: bytes) -> None:
        self.waiting.append(text)
        if len(self.waiting) == _ARRAY_SIZES[self.arrays % len(_ARRAY_SIZES)]:
            self._flush_array()

    def _flush_array(self) -> None:
        if self.waiting:
            self.arrays += 1
            self._lines([b"[" + b",".join(self.waiting) + b"]"])
            self.waiting = []


def _runs(table: pa.Table) -> list[tuple[int, int]]:
    """Start and end of each stretch of rows that go into one file."""
    keys = [table[n].combine_chunks().dictionary_encode() for n in ("source", "day", "shard")]
    codes = [np.asarray(_whole(key).indices) for key in keys]
    changes = np.any([code[1:] != code[:-1] for code in codes], axis=0)
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    return list(zip(starts, [*starts[1:], table.num_rows], strict=True)) if table.num_rows else []


def _whole(column: pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _seen(table: pa.Table) -> Batches:
    table = table.filter(pc.not_equal(table["kind"], BROKEN))
    original = pc.equal(table["kind"], ORIGINAL)
    counts = {"records": original, "late": pc.and_(original, table["late"]), "heads": pc.and_(original, table["head"])}
    for name, flags in counts.items():
        table = table.append_column(f"{name}_count", pc.cast(flags, pa.int64()))
    sums = table.group_by(list(_SEEN), use_threads=False).aggregate([(f"{n}_count", "sum") for n in counts])
    columns = {n: sums[n] for n in _SEEN} | {n: sums[f"{n}_count_sum"] for n in counts}
    columns["what"] = pa.array(["seen"] * sums.num_rows, pa.string())
    yield from _facts_of(columns, sums.num_rows)


def _facts_of(columns: dict[str, pa.ChunkedArray], rows: int) -> Batches:
    filled = [columns.get(f.name, pa.nulls(rows, f.type)) for f in _FACTS]
    yield from pa.table(dict(zip(_FACTS.names, filled, strict=True)), schema=_FACTS).combine_chunks().to_batches()


def _facts(row: dict[str, object]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([row], schema=_FACTS)


def write_table(rows: DataFrame, path: Path, header: str, order: list[str]) -> int:
    """One CSV file from one column `text` of lines, sorted; for truth files. Returns how many rows."""
    sorted_rows = rows.repartition(1).sortWithinPartitions(*order).select(F.encode("text", "UTF-8").alias("text"))
    counts = sorted_rows.mapInArrow(_table_writer(str(path), header), "rows bigint").collect()
    if not counts:  # no rows and so no task
        path.write_bytes(header.encode() + b"\n")
    return sum(int(row["rows"]) for row in counts)


def _table_writer(path: str, header: str) -> Callable[[Batches], Batches]:
    def write(batches: Batches) -> Batches:
        target, rows = Path(path), 0
        temporary = target.with_name(target.name + TEMPORARY)
        with temporary.open("wb") as handle:
            handle.write(header.encode() + b"\n")
            for batch in batches:
                handle.writelines(text + b"\n" for text in batch.column(0).to_pylist())
                rows += batch.num_rows
        temporary.replace(target)
        yield pa.RecordBatch.from_pydict({"rows": pa.array([rows], pa.int64())})

    return write
