"""What a file is, from a sample of its bytes: encoding, format, how sure that is, what has to be changed first.

No record decides alone: each format is scored by the share of all records that carry its marks.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from motherlode.sources.encoding import as_utf8
from motherlode.sources.format import Format
from motherlode.sources.split import split

RECORDS = 2_000
"""Records that are looked at."""
LEAST_SHARE = 0.3
"""Of the records that carry a format's marks; with fewer it is not that format."""
CLOSE = 0.5
"""A runner-up is named from this share of the best one's on."""
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
LONGEST = 16_777_216
_MAGIC: Mapping[bytes, tuple[str, str]] = {
    b"PAR1": ("Parquet, packed once more", "unpack it: Parquet is compressed by itself"),
    b"PK\x03\x04": ("a zip archive or an Excel file", "unpack it, or export it as CSV"),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", "export it as CSV"),
    b"Obj\x01": ("Avro", "export it as JSON lines or CSV"),
    b"ORC": ("ORC", "export it as CSV"),
    b"%PDF": ("a PDF", "export what is in it as CSV"),
    b"(\xb5/\xfd": ("compressed by zstd", "unpack it, or compress it by gzip"),
    b"BZh": ("compressed by bzip2", "unpack it, or compress it by gzip"),
}  # fmt: skip
_VALUE = re.compile(r"[^\s@]+@[^\s@]+\.\w+|[-+]?[\d.,/: -]*\d[\d.,/: TZ+-]*")


@dataclass(frozen=True)
class Guess:
    """A format and the share of the records that look like it."""

    format: str
    share: float


@dataclass(frozen=True)
class Sniffed:
    """What a sample is.

    Args:
        data: the sample in UTF-8.
        best: the format; None where none fits.
        runner_up: another one that is close.
        delimiter: between the fields of a table.
        records: that were looked at.
        to_change: what has to be done to the file before it can be taken in, a line each.
        remarks: what is worth knowing, a line each.
        why_not: where there is no format, what was found instead.
    """

    data: bytes
    best: Guess | None = None
    runner_up: Guess | None = None
    delimiter: str = ","
    records: int = 0
    to_change: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    why_not: str = ""


def sniff(data: bytes, formats: Mapping[str, Format], is_cut: bool = False, is_parquet: bool = False) -> Sniffed:
    """What a sample is; `formats` by name, `is_cut` where the file goes on behind it, `is_parquet` where its lines were
    made from rows."""
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        return Sniffed(b"", why_not="the file is empty")
    for magic, (what, remedy) in _MAGIC.items():
        if data.startswith(magic):
            return Sniffed(data, why_not=f"the file is {what}: {remedy}")
    read = as_utf8(data)
    if read is None:
        return Sniffed(data, why_not="the file is no text: Motherlode reads JSON, CSV and logs, plain or gzip")
    text = _whole_lines(read.data) if is_cut else read.data
    base = Sniffed(text, to_change=read.to_change, remarks=read.remarks)
    lines = _records("lines", text)
    if is_parquet:
        found = _json(base, formats)
        table = replace(base, best=Guess("parquet", 1.0), records=len(lines))
        return found if found.best else table
    guesses = _ranked({f.name: _share_with(lines, f.pattern) for f in formats.values() if f.pattern})
    if guesses:
        return replace(base, best=guesses[0], runner_up=_close(guesses), records=len(lines))
    if _share_with(lines[:1], r"^\s*[{\[]") or _share_with(lines, r"^\s*[{\[]") > CLOSE:
        return _json(base, formats)
    return _table(base)


def json_records(data: bytes) -> list[dict[str, object] | None]:
    """The JSON objects of a sample, lines or arrays; None for each that is none."""
    return [_object(text) for text in _records("json_arrays", data)]


def _whole_lines(data: bytes) -> bytes:
    return data[: data.rfind(b"\n") + 1] or data


def _records(kind: str, data: bytes) -> list[str]:
    """The first records, and an empty text for each flaw."""
    piece = split(kind, data, 0, LONGEST)
    return [*piece.texts.slice(0, RECORDS).to_pylist(), *[""] * len(piece.flaws)]


def _object(text: str) -> dict[str, object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _share_with(texts: Sequence[str], pattern: str) -> float:
    wanted = re.compile(pattern)
    return sum(wanted.search(text) is not None for text in texts) / max(len(texts), 1)


def _ranked(shares: Mapping[str, float]) -> list[Guess]:
    found = [Guess(name, share) for name, share in shares.items() if share >= LEAST_SHARE]
    return sorted(found, key=lambda guess: -guess.share)


def _close(guesses: list[Guess]) -> Guess | None:
    return guesses[1] if len(guesses) > 1 and guesses[1].share >= CLOSE * guesses[0].share else None


def _json(base: Sniffed, formats: Mapping[str, Format]) -> Sniffed:
    found = json_records(base.data)
    objects = [record for record in found if record is not None]
    if not objects:
        return replace(base, records=len(found), why_not="the file begins like JSON, and no record of it can be read")
    marked = [f for f in formats.values() if f.marks]
    shares = {f.name: sum(_has(record, f.marks) for record in objects) / len(found) for f in marked}
    guesses = _ranked(shares)
    if guesses:
        return replace(base, best=guesses[0], runner_up=_close(guesses), records=len(found))
    return replace(base, records=len(found), why_not=_nearest(objects, marked))


def _has(record: Mapping[str, object], marks: Iterable[str]) -> bool:
    return all(mark in record for mark in marks)


def _nearest(objects: Sequence[Mapping[str, object]], formats: Sequence[Format]) -> str:
    """What is said of JSON of no known format: which one it comes nearest to."""
    have = Counter(name for record in objects for name in record)
    near = max(formats, key=lambda f: sum(have[mark] for mark in f.marks) / len(f.marks), default=None)
    what = "the file is JSON of no format that Motherlode knows"
    if near is None or not any(have[mark] for mark in near.marks):
        names = ", ".join(sorted(f.name for f in formats))
        return f"{what} ({names}); write it as CSV with a header row"
    lacks = [mark for mark in near.marks if have[mark] < LEAST_SHARE * len(objects)]
    return f"{what}; {near.name} comes nearest, and its records have {', '.join(lacks or near.marks)} too"


def _table(base: Sniffed) -> Sniffed:
    start = base.data[:1_000_000].decode("utf-8", errors="replace").removeprefix("\ufeff")
    best: tuple[float, int, str] = (0.0, 0, ",")
    for delimiter in DELIMITERS:
        rows = cells(start, delimiter)[:RECORDS]
        width = len(rows[0]) if rows else 0
        if width > 1:
            best = max(best, (sum(len(row) == width for row in rows) / len(rows), width, delimiter))
    share, _, delimiter = best
    rows = cells(start, delimiter)[:RECORDS]
    if share < CLOSE:
        return replace(base, records=len(rows), why_not="the file is neither JSON nor a table with a header row")
    if _is_data(rows[0]):
        return replace(
            base,
            records=len(rows),
            why_not="its first line holds values, and a table wants a header row: put one before",
        )
    if len(rows) == 1:
        return replace(base, why_not="the file has a header row and nothing below it")
    to_change = list(base.to_change)
    if delimiter != ",":
        to_change.append(
            f"its fields are separated by {DELIMITERS[delimiter]}, and csv wants a comma:"
            f' `python3 -c "import csv, sys; csv.writer(sys.stdout).writerows(csv.reader(sys.stdin, delimiter='
            f'{delimiter!r}))" < FILE > NEW`'
        )
    best_guess = Guess("csv", share)
    return replace(base, best=best_guess, delimiter=delimiter, records=len(rows) - 1, to_change=tuple(to_change))


def cells(text: str, delimiter: str) -> list[list[str]]:
    """Rows of fields, blank lines left out."""
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]
    except csv.Error:
        # A quote that never closes, or a field beyond all measure: each line for itself.
        return [line.split(delimiter) for line in text.splitlines() if line]


def _is_data(header: Sequence[str]) -> bool:
    likely = [cell for cell in header if _VALUE.fullmatch(cell.strip())]
    return any("@" in cell for cell in likely) or 3 * len(likely) >= len(header)
