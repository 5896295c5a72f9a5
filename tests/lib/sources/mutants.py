"""Good records with something wrong in them: other bytes, values, structure. The same for the same seed."""

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

TIMES = (
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1582-10-10", "1899-12-31T23:59:59", "1970-01-01",
    "9999-12-31T23:59:59.999999999Z", "+10000-01-01T00:00:00Z", "-0001-01-01", "2015-02-30T25:61:61",
    "2015-02-23T22:28:55+25:00", "2015-02-23T22:28:55 Europe/Nowhere", "2015-02-23T22:28:55-0530", "22:28", "now",
    "23/Feb/0000:22:28:55 +0000", "31/Feb/2015:99:28:55 -9900", "0000-00-00 00:00:00",
    -62_167_219_200, 253_402_300_800, -1, 0, 9_223_372_036_854_775_807, "1705334400123456789012345", 1424730535387,
)  # fmt: skip
NUMBERS = (
    10**400, -(10**30), 1e308, 5e-324, float("nan"), float("inf"), float("-inf"), "NaN", "Infinity", "1e-999999999",
    "1e999999999", "1E+0000000400", "9" * 5_000, "0x1F", "1,5", "1.2.3", "-0", "٣", "", " ", "1_000", "1e5f",
)  # fmt: skip
TEXTS = (
    "", " ", "\t", "\u0000", "a\u0000b", "\u0001", "\u001f", "\ufeff", "\ufffd", "\uffff", "\u202eabc", "e\u0301" * 50,
    "\ud800", "\udfff x", "😀", "%", "%zz", "%40", "%25" * 2_000, "a" * 20_000, "@", "a@b", "+", "'", '"', '"a', "\\",
    "\\u0041", "<html>", "=1+1", "null", "undefined", "{}", "[]", '{"a":', "\r", "\u2028", "$1", "*", "(" * 500,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [None], [[]], [{}], {"": None}, {"a": {"b": [1, "x"]}}, ["x", 1])
HARD: tuple[Any, ...] = (*TIMES, *NUMBERS, *TEXTS, *OTHERS)
BYTES = (b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf4\x90\x80\x80", b"\n", b"\r", b"\r\n",
         b"\x1f\x8b", b"\x7f", b'"', b"\\", b"}", b"{", b"[", b"]", b",", b"\t", b"\x85", b"\xe2\x80\xa8")  # fmt: skip


_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|^[0-9]{10,16}$|[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}")
_NUMBER = re.compile(r"-?[0-9]+(?:[.][0-9]+)?")


class Pairs(list[tuple[str, Any]]):
    """An object of JSON, which may have a key twice."""


def mutants(record: bytes, form: str, count: int, seed: int) -> Iterator[bytes]:
    """So many mutants of a record.

    Args:
        form: json, parquet, or the signs between the fields of a text.
    """
    chance = random.Random(f"{seed} {form} {len(record)}")
    for _ in range(count):
        made = record
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            if form == "json" and chance.random() < 0.75:
                made = _restructured(made, chance)
            elif form not in ("json", "parquet") and chance.random() < 0.75:
                made = _refielded(made, form, chance)
            else:
                made = chance.choice(_OF_BYTES)(made, chance)
        yield made


def _restructured(record: bytes, chance: random.Random) -> bytes:
    """One node of a JSON record is another one; as it is, where it is no JSON any more."""
    try:
        root = json.loads(record, object_pairs_hook=Pairs)
    except (ValueError, RecursionError):
        return record
    places: list[tuple[Any, int]] = []
    open_nodes = [root]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, list):
            places += [(node, n) for n in range(len(node))]
            open_nodes += [entry[1] if isinstance(node, Pairs) else entry for entry in node]
    if not places:
        return record
    _change(*chance.choice(places), record, chance)
    try:
        return _written(root, chance).encode("utf-8", "surrogatepass")
    except RecursionError:
        return record


def _change(node: Any, n: int, record: bytes, chance: random.Random) -> None:
    is_object = isinstance(node, Pairs)
    key, value = node[n] if is_object else ("", node[n])

    def put(other: Any) -> None:
        node[n] = (key, other) if is_object else other

    match chance.randrange(9):
        case 0:
            del node[n]
        case 1 | 2 | 3:
            put(_hard(value, chance))
        case 4:
            node.insert(chance.randrange(len(node) + 1), (key, _hard(value, chance)) if is_object else value)
        case 5:
            other = chance.randrange(len(node))
            node[n], node[other] = node[other], node[n]
        case 6:
            whole = json.loads(record, object_pairs_hook=Pairs)
            put(chance.choice(([value], Pairs([("value", value)]), str(value), [value] * 50, whole)))
        case 7 if is_object:
            node[n] = (chance.choice((key.upper(), key + " ", "", "a" * 500, "r", "_bad")), value)
        case _:
            deep: Any = value
            for _ in range(chance.choice((5, 60, 200))):
                deep = [deep]
            put(deep)


def _written(value: Any, chance: random.Random) -> str:
    if isinstance(value, Pairs):
        pairs = (f"{json.dumps(key)}:{_written(each, chance)}" for key, each in value)
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(each, chance) for each in value[:60]) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:d}" if abs(value) < 10**300 else "9" * 4_000
    return json.dumps(value, ensure_ascii=chance.random() < 0.7)


def _refielded(record: bytes, signs: str, chance: random.Random) -> bytes:
    """One field of a text is another one, twice there or gone, or two of them change places."""
    parts = re.split(b"([" + re.escape(signs.encode()) + b"])", record)
    n, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    match chance.randrange(6):
        case 0:
            del parts[n]
        case 1:
            parts.insert(n, parts[other])
        case 2:
            parts[n], parts[other] = parts[other], parts[n]
        case _:
            hard = str(_hard(parts[n].decode("utf-8", "replace"), chance))
            parts[n] = hard[:20_000].encode("utf-8", "surrogatepass")
    return b"".join(parts)


def _hard(value: Any, chance: random.Random) -> Any:
    """More often than not of the kind that stands there: a time for a time."""
    text = str(value)
    if chance.random() < 0.6 and _TIME.search(text):
        return chance.choice(TIMES)
    if chance.random() < 0.6 and _NUMBER.fullmatch(text):
        return chance.choice(NUMBERS)
    return chance.choice(HARD)


def _cut(record: bytes, chance: random.Random) -> bytes:
    return record[: chance.randrange(len(record) + 1)]


def _beheaded(record: bytes, chance: random.Random) -> bytes:
    return record[chance.randrange(len(record) + 1) :]


def _without(record: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(record) + 1)
    return record[:start] + record[start + chance.randrange(1, 30) :]


def _doubled(record: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(record) + 1) for _ in range(2))
    return record[:end] + record[start:end] + record[end:]


def _swapped(record: bytes, chance: random.Random) -> bytes:
    a, b, c = sorted(chance.randrange(len(record) + 1) for _ in range(3))
    return record[:a] + record[b:c] + record[a:b] + record[c:]


def _flipped(record: bytes, chance: random.Random) -> bytes:
    changed = bytearray(record)
    for _ in range(chance.choice((1, 1, 8)) if record else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _inserted(record: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(record) + 1)
    return record[:at] + chance.choice(BYTES) * chance.choice((1, 1, 3)) + record[at:]


_OF_BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _cut, _beheaded, _without, _doubled, _swapped, _flipped, _inserted,
)  # fmt: skip
