"""Bytes of a file into records: lines, elements of JSON arrays, CSV rows. Nothing of a file is lost.

A record keeps the byte at which it starts, and its text verbatim (without the line's end, and without the byte-order
mark that stands before it where files were glued together). What cannot be read as UTF-8, or is longer than allowed, is
a `Flaw`: its neighbours are not harmed.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BOM = b"\xef\xbb\xbf"
# A quoted CSV field that never closes must not swallow the file: past this, its first line stands alone.
QUOTED_LINES = 200
MOST_NAMES, LONGEST_NAME = 50, 100
"""Of the names of columns that a row is searched for."""
KEPT_BYTES = 4_096
"""Of what is longer than a record may be."""
_INSIDE = rb'(?:[^"]|"")*+'
_TO_THE_END_OF_A_FIELD = re.compile(_INSIDE + rb'"(?=,|\r?$)')
_QUOTED_FIELD = re.compile(rb'(^|,)"' + _INSIDE + rb'"(?=,|\r?$)')
_BRACKET_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]')
# A number may have more digits than Python turns into one.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_VALUE = re.compile(r"[0-9.:+-]*")
"""What is no name of a column: nothing, a number, a day."""
_OPENED = re.compile(rb'(?:^|,)"' + _INSIDE + rb"$")


@dataclass(frozen=True)
class Flaw:
    """A piece of a file that yields no record.

    Args:
        offset: the byte at which it starts.
        rule: which one it breaks; allowed: what could stand there.
        content: its bytes; of what is longer than a record may be the first KEPT_BYTES.
        length: how many bytes it has.
        digest: SHA-256 of what is too long to be kept.
    """

    offset: int
    rule: str
    allowed: str
    content: bytes
    length: int
    digest: str = ""

    @property
    def found(self) -> str:
        """What is said of it: it may hold anybody's data."""
        return f"{self.length} bytes" + (f", SHA-256 {self.digest}" if self.digest else "")


@dataclass(frozen=True)
class Piece:
    """Records of one piece of a file: byte offsets, texts, the header row of each (null where the format has none; of a
    large file it is one text, many times over, so that it may be encoded); and its flaws."""

    offsets: pa.Int64Array
    texts: pa.StringArray
    headers: pa.StringArray | pa.DictionaryArray
    flaws: tuple[Flaw, ...]


def flaw(offset: int, rule: str, allowed: str, content: bytes, longest: int) -> Flaw:
    """A flaw of these bytes."""
    if len(content) <= longest:
        return Flaw(offset, rule, allowed, content, len(content))
    return Flaw(offset, rule, allowed, content[:KEPT_BYTES], len(content), hashlib.sha256(content).hexdigest())


def too_long(longest: int) -> str:
    """What is allowed instead of a record that is too long."""
    return f"{longest} bytes"


def flawed(*flaws: Flaw) -> Piece:
    """No records, and why."""
    nothing = pa.array([], pa.string())
    return Piece(pa.array([], pa.int64()), nothing, nothing, flaws)


def split(kind: str, data: bytes, start: int, longest: int) -> Piece:
    """Split `data`, which starts at byte `start` of its file and ends with a whole record.

    Args:
        kind: lines; json_arrays, one over many lines or one a line; array_lines, the latter alone; or csv, which begins
            with its header row.
        longest: bytes that a record may have.
    """
    if kind == "csv":
        return _csv(data, start, longest)
    if kind in ("json_arrays", "array_lines"):
        return _json_arrays(data, start, longest, kind == "array_lines")
    return _texts(data, *_bounds(data), start, longest)


def _bounds(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of the lines that are not blank, without their line ends."""
    view = np.frombuffer(data, dtype=np.uint8)
    breaks = np.flatnonzero(view == 10)
    starts = np.concatenate(([0], breaks + 1))
    ends = np.concatenate((breaks, [len(data)]))
    last = np.clip(ends - 1, 0, max(len(data) - 1, 0))
    if len(data):
        ends = np.where((ends > starts) & (view[last] == 13), ends - 1, ends)
    if BOM in data:
        marked = [data.startswith(BOM, begin) for begin in starts.tolist()]
        starts = np.where(marked, starts + len(BOM), starts)
    kept = ends > starts
    return starts[kept], ends[kept]


def _texts(data: bytes, starts: np.ndarray, ends: np.ndarray, start: int, longest: int) -> Piece:
    flaws: list[Flaw] = []
    long = (ends - starts) > longest
    for i in np.flatnonzero(long).tolist():
        content = data[starts[i] : ends[i]]
        flaws.append(flaw(int(start + starts[i]), "record_too_long", too_long(longest), content, longest))
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
                flaws.append(flaw(int(start + starts[i]), "encoding", "UTF-8", value, longest))
        starts = starts[good]
        texts = raw.filter(pa.array(good)).cast(pa.string())
    blank = pc.equal(pc.utf8_trim_whitespace(texts), "")
    if pc.any(blank).as_py():
        keep = pc.invert(blank)
        starts = starts[keep.to_numpy(zero_copy_only=False)]
        texts = texts.filter(keep)
    return Piece(pa.array(start + starts, pa.int64()), texts, pa.nulls(len(texts), pa.string()), tuple(flaws))


def _csv(data: bytes, start: int, longest: int) -> Piece:
    starts, ends = _bounds(data)
    if len(starts) and b'"' in data:
        starts, ends = _rows(data, starts, ends, longest)
    if not len(starts):
        return flawed()
    try:
        header = data[starts[0] : ends[0]].decode("utf-8")
    except UnicodeDecodeError:
        return flawed(flaw(start, "header_encoding", "a header row in UTF-8", data, longest))
    if re.search(r"\r(?!\n)", header):
        return flawed(flaw(start, "line_ends", "lines that end in LF or CRLF", data, longest))
    if len(header) > longest:
        return flawed(flaw(start, "record_too_long", too_long(longest), data, longest))
    piece = _texts(data, starts[1:], ends[1:], start, longest)
    return replace(piece, headers=_headers(header, piece.texts))


def _headers(header: str, texts: pa.StringArray) -> pa.DictionaryArray:
    """The header of each row. Of files that were glued together, or written on by a new version of a program, a later
    row may be one: most of its cells are names of columns, and none is a number. It counts as its own, so that it is
    told from values."""
    names = {name.strip() for name in _cells_of(header)} - {""}
    cell = "|".join(re.escape(name) for name in sorted(names)[:MOST_NAMES] if len(name) <= LONGEST_NAME)
    headers, of_each = [header], np.zeros(len(texts), dtype=np.int32)
    if len(names) > 1 and cell:
        suspects = pc.match_substring_regex(texts, f'(?:^|,)[" ]*(?:{cell})[" ]*(?:,|$)')
        for n in np.flatnonzero(suspects.to_numpy(zero_copy_only=False)).tolist():
            text = texts[n].as_py()
            cells = [name.strip() for name in _cells_of(text)]
            if 2 * len(names & set(cells)) > len(cells) and not any(map(_VALUE.fullmatch, cells)):
                of_each[n:] = len(headers)
                headers.append(text)
    return pa.DictionaryArray.from_arrays(pa.array(of_each), pa.array(headers))


def _cells_of(row: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(row, newline="")), [])
    except csv.Error:
        return []


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


def _json_arrays(data: bytes, start: int, longest: int, is_lines: bool) -> Piece:
    starts, ends = _bounds(data)
    is_one = not is_lines and _is_one_array(data, starts, ends)
    if is_one:
        starts, ends = starts[:1], np.array([len(data)])
    pairs: list[tuple[int, str]] = []
    flaws: list[Flaw] = []
    for s, e in zip(starts.tolist(), ends.tolist(), strict=True):
        line = data[s:e]
        if len(line) > longest and not is_one:
            flaws.append(flaw(start + s, "record_too_long", too_long(longest), line, longest))
            continue
        found = list(_elements(line, s))
        good = [element for element in found if element is not None]
        pairs += good
        if len(good) < len(found):
            rest = _readable_end(good, s)
            rule = "json_array" if _is_utf8(line) else "encoding"
            flaws.append(flaw(start + rest, rule, "an array of JSON objects", data[rest:e], longest))
    return _pairs(pairs, start, longest, flaws)


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
    at = _skip(text, 0)
    if text[at : at + 1] != "[":
        # One object instead of an array of one is what a replayed delivery often looks like.
        yield (offset + at, text[at:].rstrip()) if text[at : at + 1] == "{" else None
        return
    counted = 0
    while text[at : at + 1] == "[":
        # Deliveries glued together are one array after the other.
        at = _skip(text, at + 1)
        mark = "]" if text[at : at + 1] == "]" else ","
        while mark == ",":
            end = _end_of(text, at)
            if end is None:
                yield None
                return
            offset += len(text[counted:at].encode())
            counted = at
            yield offset, text[at:end]
            at = _skip(text, end)
            mark = text[at : at + 1]
            if mark == ",":
                at = _skip(text, at + 1)
        if mark != "]":
            break
        at = _skip(text, at + 1)
    if at < len(text) or mark != "]":
        yield None


def _end_of(text: str, at: int) -> int | None:
    """Where a value ends; None where there is none."""
    try:
        return _DECODER.raw_decode(text, at)[1]
    except json.JSONDecodeError:
        return None
    except RecursionError:
        return _closing(text, at)


def _closing(text: str, at: int) -> int | None:
    """Where a value ends that is nested too deeply to be decoded: by its brackets, without a look at the rest."""
    depth = 0
    for token in _BRACKET_OR_TEXT.finditer(text, at):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth <= 0:
            return token.end()
    return None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n\ufeff":
        at += 1
    return at


def _pairs(pairs: list[tuple[int, str]], start: int, longest: int, flaws: list[Flaw]) -> Piece:
    good = [(at, text) for at, text in pairs if len(text) <= longest]
    for at, text in pairs:
        if len(text) > longest:
            flaws.append(flaw(start + at, "record_too_long", too_long(longest), text.encode(), longest))
    offsets = pa.array([start + at for at, _ in good], pa.int64())
    texts = pa.array([text for _, text in good], pa.string())
    return Piece(offsets, texts, pa.nulls(len(good), pa.string()), tuple(flaws))
