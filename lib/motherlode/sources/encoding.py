"""In which encoding a sample of a file is written, and the sample in UTF-8."""

import codecs
import re
from dataclasses import dataclass

from motherlode.sources.split import BOM

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13})
MOST_CONTROLS = 0.02
LEAST_SHARE = 0.01
"""Of the lines: with fewer that are no UTF-8 the lines are broken, not the encoding another one."""
# An accented letter beside another letter, or a sign that people type.
_WESTERN = re.compile(rb"[A-Za-z][\xc0-\xfd]|[\xc0-\xfd][a-z]|[\x80\x91-\x97\xa3\xa7\xa9\xab\xae\xb0\xb4\xbb]")


@dataclass(frozen=True)
class Read:
    """A sample in UTF-8: what it was, what is worth knowing, and what has to be done to the file."""

    data: bytes
    remarks: tuple[str, ...] = ()
    to_change: tuple[str, ...] = ()


def as_utf8(data: bytes) -> Read | None:
    """None for what is no text."""
    if data.startswith(BOM):
        return None if _is_binary(data) else Read(data, ("UTF-8 with a byte order mark: is read as it is",))
    if wide := _utf16(data):
        text = data.decode(wide, errors="ignore").removeprefix("\ufeff")
        return _converted(text, "UTF-16", "UTF-16")
    if _is_binary(data):
        return None
    bad, good, western = _lines_beyond_ascii(data)
    if bad > good and 2 * western >= bad and bad >= LEAST_SHARE * data.count(b"\n"):
        # Bytes that it does not have are what ISO 8859-1 has there, which nobody prints.
        text = "".join(_CP1252[byte] for byte in data)
        return _converted(text, "Latin-1 (Windows-1252)", "WINDOWS-1252")
    said = (f"lines that are no UTF-8, and will be quarantined: {bad:,}",) if bad else ()
    return Read(data, said)


def _converted(text: str, what: str, name: str) -> Read:
    order = f"iconv -f {name} -t UTF-8 FILE > NEW"
    return Read(text.encode(), to_change=(f"it is {what}, and only UTF-8 is read: `{order}`",))


def _utf16(data: bytes) -> str | None:
    for mark, name in _UTF16.items():
        if data.startswith(mark):
            return name
    # Without a mark: of western text every other byte is 0.
    start = data[:4_096]
    pairs = max(len(start) // 2, 1)
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = start[first::2].count(0), start[1 - first :: 2].count(0)
        if zeros > 0.7 * pairs and others < 0.05 * pairs:
            return name
    return None


def _lines_beyond_ascii(data: bytes) -> tuple[int, int, int]:
    """Lines that are no UTF-8; lines that are, and have more than ASCII; of the former those that read as Latin-1."""
    bad = good = western = 0
    if data.isascii():
        return 0, 0, 0
    for line in data.split(b"\n"):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
            western += _WESTERN.search(line) is not None
    return bad, good, western


def _is_binary(data: bytes) -> bool:
    return len(data) - len(data.translate(None, _CONTROLS)) > MOST_CONTROLS * len(data)


_CP1252 = [bytes([n]).decode("cp1252", errors="ignore") or chr(n) for n in range(256)]
