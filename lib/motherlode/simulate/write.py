"""Records into files, from Spark tasks; each file appears whole under its name or not at all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.records import BROKEN, EXTENSIONS, HEADERS, IDENTIFIERS, ORIGINAL, REPEAT

TEMPORARY = ".part"
_SEEN = ("source", "day", "planted", *IDENTIFIERS)
_FACTS = pa.schema(
    [(n, pa.string()) for n in ("what", "source", "day", "file", "key", "broken", "planted", *IDENTIFIERS)]
    + [(n, pa.int64()) for n in ("line", "records", "late", "heads", "files")]
)
FACTS = ", ".join(f"{f.name} {'bigint' if f.type == pa.int64() else 'string'}" for f in _FACTS)
"""What writing leaves behind for the truth: `what` is seen (how many originals of a file showed these identifiers),
repeat or broken (one record each, with file, line and key), or file (one row per file)."""
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
        places = list(
            zip(table["source"].to_pylist(), table["day"].to_pylist(), table["shard"].to_pylist(), strict=True)
        )
        start = 0
        for end in range(1, len(places) + 1):
            if end == len(places) or places[end] != places[start]:
                yield from self._go_to(places[start])
                yield from self._append(table.slice(start, end - start))
                start = end
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
            self._line(HEADERS[source].encode())

    def _append(self, table: pa.Table) -> Batches:
        source, day = table["source"][0].as_py(), table["day"][0].as_py()
        keys, broken = table["key"].to_pylist(), table["broken"].to_pylist()
        kinds, texts = table["kind"].to_pylist(), table["text"].to_pylist()
        for position, (kind, text) in enumerate(zip(kinds, texts, strict=True)):
            line = self.line + 1
            if source == "email" and kind != BROKEN:
                self._element(text)
            else:
                if source == "email":
                    self._flush_array()
                    line = self.line + 1
                self._line(text)
            if kind != ORIGINAL:
                what = "repeat" if kind == REPEAT else "broken"
                row = {"what": what, "source": source, "day": day, "file": self.path.name, "line": line}
                yield _facts({**row, "key": keys[position], "broken": broken[position]})

    def _element(self, text: bytes) -> None:
        self.waiting.append(text)
        if len(self.waiting) == _ARRAY_SIZES[self.arrays % len(_ARRAY_SIZES)]:
            self._flush_array()

    def _flush_array(self) -> None:
        if self.waiting:
            self.arrays += 1
            self._line(b"[" + b",".join(self.waiting) + b"]")
            self.waiting = []

    def _line(self, text: bytes) -> None:
        if self.handle is None:
            raise RuntimeError("no file is open")
        self.handle.write(text + b"\n")
        self.line += 1 + text.count(b"\n")


def _seen(table: pa.Table) -> Batches:
    table = table.filter(pc.not_equal(table["kind"], BROKEN))
    original = pc.equal(table["kind"], ORIGINAL)
    counts = {"records": original, "late": pc.and_(original, table["late"]), "heads": pc.and_(original, table["head"])}
    for name, flags in counts.items():
        table = table.append_column(f"{name}_count", pc.cast(flags, pa.int64()))
    sums = table.group_by(list(_SEEN), use_threads=False).aggregate([(f"{n}_count", "sum") for n in counts])
    columns = {n: sums[n] for n in _SEEN} | {n: sums[f"{n}_count_sum"] for n in counts}
    columns["what"] = pa.array(["seen"] * sums.num_rows, pa.string())
    empty = [columns.get(f.name, pa.nulls(sums.num_rows, f.type)) for f in _FACTS]
    yield from pa.table(dict(zip(_FACTS.names, empty, strict=True)), schema=_FACTS).to_batches()


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
