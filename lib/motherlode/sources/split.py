"""Bytes of a file into records: lines, elements of JSON arrays, CSV rows. Nothing of a file is lost.

A record keeps the byte at which it starts, and its text verbatim (without the line's end). What cannot
be read as UTF-8, or is longer than allowed, is a `Flaw`: its neighbours are not harmed.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BOM = b"\xef\xbb\xbf"
# A quoted CSV field that never closes must not swallow the file: past this, its first line stands alone.
QUOTED_LINES = 200
_INSIDE = rb'(?:[^"]|"")*+'
_TO_THE_END_OF_A_FIELD = re.compile(_INSIDE + rb'"(?=,|\r?$)')
_QUOTED_FIELD = re.compile(rb'(^|,)"' + _INSIDE + rb'"(?=,|\r?$)')
_OPENED = re.compile(rb'(?:^|,)"' + _INSIDE + rb"$")


@dataclass(frozen=True)
class Flaw:
    """A piece of a file that yields no record: where it starts, which rule it breaks, its bytes."""

    offset: int
    rule: str
    allowed: str
    content: bytes


@dataclass(frozen=True)
class Piece:
    """Records of one piece of a file: byte offsets, texts, the file's header row; and its flaws."""

    offsets: pa.Int64Array
    texts: pa.StringArray
    header: str | None
    flaws: tuple[Flaw, ...]


def split(kind: str, data: bytes, start: int, longest: int, header: str | None = None) -> Piece:
    """Split `data`, which starts at byte `start` of its file and ends with a whole record.

    Args:
        kind: lines, json_arrays or csv.
        longest: bytes that a record may have.
        header: the header row, when `data` does not begin with it.
    """
    if start == 0 and data.startswith(BOM):
        data, start = data[len(BOM) :], len(BOM)
    if kind == "csv":
        return _csv(data, start, longest, header)
    if kind == "json_arrays":
        return _json_arrays(data, start, longest)
    return _lines(data, start, longest)


def _bounds(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the lines that are not blank, without their line ends."""
    view = np.frombuffer(data, dtype=np.uint8)
    breaks = np.flatnonzero(view == 10)
    starts = np.concatenate(([0], breaks + 1))
    ends = np.concatenate((breaks, [len(data)]))
    last = np.clip(ends - 1, 0, max(len(data) - 1, 0))
    if len(data):
        ends = np.where((ends > starts) & (view[last] == 13), ends - 1, ends)
    kept = ends > starts
    return starts[kept], ends[kept]


def _lines(data: bytes, start: int, longest: int, header: str | None = None) -> Piece:
    starts, ends = _bounds(data)
    return _texts(data, starts, ends, start, longest, header)


def _texts(data: bytes, starts: np.ndarray, ends: np.ndarray, start: int, longest: int, header: str | None) -> Piece:
    flaws: list[Flaw] = []
    long = (ends - starts) > longest
    for i in np.flatnonzero(long).tolist():
        flaws.append(Flaw(int(start + starts[i]), "record_too_long", f"{longest} bytes", data[starts[i] : ends[i]]))
    starts, ends = starts[~long], ends[~long]
    raw = pa.array([data[s:e] for s, e in zip(starts.tolist(), ends.tolist(), strict=True)], pa.binary())
    try:
        texts = raw.cast(pa.string())
    except pa.ArrowInvalid:
        good = np.ones(len(raw), dtype=bool)
        for i, value in enumerate(raw.to_pylist()):
            try:
                value.decode("utf-8")
            except UnicodeDecodeError:
                good[i] = False
                flaws.append(Flaw(int(start + starts[i]), "encoding", "UTF-8", value))
        starts = starts[good]
        texts = raw.filter(pa.array(good)).cast(pa.string())
    blank = pc.equal(pc.utf8_trim_whitespace(texts), "")
    if pc.any(blank).as_py():
        keep = pc.invert(blank)
        starts = starts[keep.to_numpy(zero_copy_only=False)]
        texts = texts.filter(keep)
    return Piece(pa.array(start + starts, pa.int64()), texts, header, tuple(flaws))


def _csv(data: bytes, start: int, longest: int, header: str | None) -> Piece:
    starts, ends = _bounds(data)
    if len(starts) and b'"' in data:
        starts, ends = _rows(data, starts, ends, longest)
    if header is None and len(starts):
        try:
            header = data[starts[0] : ends[0]].decode("utf-8")
        except UnicodeDecodeError:
            flaw = Flaw(int(start + starts[0]), "header_encoding", "a header row in UTF-8", data)
            return Piece(pa.array([], pa.int64()), pa.array([], pa.string()), None, (flaw,))
        if re.search(r"\r(?!\n)", header) or len(header) > longest:
            rule, allowed = "line_ends", "lines that end in LF or CRLF"
            if "\r" not in header:
                rule, allowed = "record_too_long", f"{longest} bytes"
            flaw = Flaw(int(start + starts[0]), rule, allowed, data)
            return Piece(pa.array([], pa.int64()), pa.array([], pa.string()), None, (flaw,))
        starts, ends = starts[1:], ends[1:]
    return _texts(data, starts, ends, start, longest, header)


def _rows(data: bytes, starts: np.ndarray, ends: np.ndarray, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """Joins lines that stand within one quoted field.

    A quote opens a field at its start alone, and closes it at its end; any other is a flaw of its own line.
    """
    first: list[int] = []
    last: list[int] = []
    i = 0
    while i < len(starts):
        is_open = _is_open(data[starts[i] : ends[i]], False)
        j = i
        while is_open and j + 1 < len(starts) and j - i < QUOTED_LINES and ends[j] - starts[i] <= longest:
            j += 1
            is_open = _is_open(data[starts[j] : ends[j]], True)
        if is_open:
            j = i
        first.append(int(starts[i]))
        last.append(int(ends[j]))
        i = j + 1
    return np.array(first, dtype=np.int64), np.array(last, dtype=np.int64)


def _is_open(line: bytes, was_open: bool) -> bool:
    """Whether a line ends within a quoted field."""
    if b'"' not in line:
        return was_open
    if was_open:
        closing = _TO_THE_END_OF_A_FIELD.match(line)
        if closing is None:
            return True
        line = line[closing.end() :]
    return _OPENED.search(_QUOTED_FIELD.sub(rb"\1", line)) is not None


def _json_arrays(data: bytes, start: int, longest: int) -> Piece:
    starts, ends = _bounds(data)
    if _is_one_array(data, starts, ends):
        elements = list(_elements(data, 0))
        good = [element for element in elements if element is not None]
        broken: tuple[Flaw, ...] = ()
        if not elements or elements[-1] is None:
            rest = _readable_end(good, 0)
            broken = (Flaw(start + rest, "json_array", "an array of JSON objects", data[rest:]),)
        return _pairs(good, start, longest, broken)
    pairs: list[tuple[int, str]] = []
    flaws: list[Flaw] = []
    for s, e in zip(starts.tolist(), ends.tolist(), strict=True):
        line = data[s:e]
        if len(line) > longest:
            flaws.append(Flaw(start + s, "record_too_long", f"{longest} bytes", line))
            continue
        found = list(_elements(line, s))
        good = [element for element in found if element is not None]
        pairs += good
        if len(good) < len(found):
            rest = _readable_end(good, s)
            rule = "json_array" if _is_utf8(line) else "encoding"
            flaws.append(Flaw(start + rest, rule, "an array of JSON objects", data[rest:e]))
    return _pairs(pairs, start, longest, tuple(flaws))


def _is_one_array(data: bytes, starts: np.ndarray, ends: np.ndarray) -> bool:
    """Whether the file is one array over several lines, rather than an array a line."""
    firsts = [data[s : s + 1] for s in starts.tolist()]
    return len(firsts) > 1 and firsts.count(b"[") == 1 and firsts[0] == b"[" and data[ends[0] - 1 : ends[0]] != b"]"


def _readable_end(good: list[tuple[int, str]], offset: int) -> int:
    """The byte at which the readable elements of a broken array end."""
    if not good:
        return offset
    at, text = good[-1]
    return at + len(text.encode())


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _elements(line: bytes, offset: int) -> Iterator[tuple[int, str] | None]:
    """Byte offset and verbatim text of each element; a final None where the array breaks off."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        yield None
        return
    decoder = json.JSONDecoder()
    is_ascii = len(text) == len(line)
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        # One object instead of an array of one is what a replayed delivery often looks like.
        yield (offset + at, text[at:].rstrip()) if text[at : at + 1] == "{" else None
        return
    while text[at : at + 1] == "[":
        # Deliveries glued together are one array after the other.
        at = _skip(text, at + 1)
        mark = "]" if text[at : at + 1] == "]" else ","
        while mark == ",":
            try:
                _, end = decoder.raw_decode(text, at)
            except (json.JSONDecodeError, RecursionError):
                yield None
                return
            before = at if is_ascii else len(text[:at].encode())
            yield offset + before, text[at:end]
            at = _skip(text, end)
            mark = text[at : at + 1]
            if mark == ",":
                at = _skip(text, at + 1)
        if mark != "]":
            break
        at = _skip(text, at + 1)
    if at < len(text) or mark != "]":
        yield None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _pairs(pairs: list[tuple[int, str]], start: int, longest: int, flaws: tuple[Flaw, ...]) -> Piece:
    good = [(at, text) for at, text in pairs if len(text) <= longest]
    bad = [(at, text) for at, text in pairs if len(text) > longest]
    more = tuple(Flaw(start + at, "record_too_long", f"{longest} bytes", text.encode()) for at, text in bad)
    offsets = pa.array([start + at for at, _ in good], pa.int64())
    return Piece(offsets, pa.array([text for _, text in good], pa.string()), None, flaws + more)
