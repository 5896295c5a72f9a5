"""Which fields of a sample are read, and which nothing reads: by their names, never by their values."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motherlode.sources.format import Format
from motherlode.sources.looks import look
from motherlode.sources.paths import LIST
from motherlode.sources.source import Source
from motherlode.sources.table_sample import TableSample
from motherlode.sources.tabular import used_columns

_NAME = re.compile(r"[A-Za-z$_][\w$. :-]{0,59}")
_LONG_NUMBER = re.compile(r"\d{5}")
_IS_TIME = re.compile(r"(?:time|date|_at|At|stamp)$", re.IGNORECASE)


@dataclass(frozen=True)
class FieldsSeen:
    """Args: read, unread: path to the share of the records that have a value there; zoneless: paths of times that
    say no offset from UTC."""

    read: Mapping[str, float]
    unread: Mapping[str, float]
    zoneless: tuple[str, ...] = ()


def of_records(records: Sequence[Mapping[str, object]], form: Format) -> FieldsSeen:
    """Of JSON objects: what the format reads, and what else stands at the top and one level below."""
    total = max(len(records), 1)
    values = {path: [found for r in records if (found := _at(r, path.split("."))) is not None] for path in form.fields}
    unread: Counter[str] = Counter()
    for record in records:
        unread.update(_unread(record, form.fields))
    times = [path for path, found in values.items() if _IS_TIME.search(path) and look(list(map(str, found))).zoneless]
    return FieldsSeen(
        read={path: len(found) / total for path, found in values.items()},
        unread={path: count / total for path, count in unread.most_common()},
        zoneless=tuple(times),
    )


def of_table(table: TableSample, source: Source) -> FieldsSeen:
    """Of a table: the columns that the source's file names, and the others."""
    used = used_columns(source)
    times = [source.columns.get(name) for name in ("occurred_at", "known_at", "version_at")]
    return FieldsSeen(
        read={name: table.looks[name].filled if name in table.looks else 0.0 for name in used},
        unread={
            "…" if "@" in name or _LONG_NUMBER.search(name) else name: found.filled
            for name, found in table.looks.items()
            if name not in used
        },
        zoneless=tuple(
            name for name in times if isinstance(name, str) and name in table.looks and table.looks[name].zoneless
        ),
    )


def _at(value: Any, parts: Sequence[str]) -> object:
    """The value at a path, of a list that of the first element that has one; None for nothing."""
    for n, part in enumerate(parts):
        name = part.removesuffix(LIST)
        value = value.get(name) if isinstance(value, Mapping) else None
        if part.endswith(LIST):
            elements = value if isinstance(value, list) else []
            found = [each if n + 1 == len(parts) else _at(each, parts[n + 1 :]) for each in elements]
            return next((each for each in found if each is not None), None)
    return None if value in ("", None) else value


def _unread(record: Mapping[str, object], fields: Sequence[str]) -> set[str]:
    """Paths of what has a value and is not read: at the top, and below what is read in part."""
    inner: dict[str, set[str]] = {}
    for path in fields:
        top, _, rest = path.replace(LIST, "").partition(".")
        inner.setdefault(top, set()).update({rest.partition(".")[0]} if rest else set())
    found = set()
    for name, value in record.items():
        if name not in inner:
            if value not in (None, "", [], {}):
                found.add(_told(name))
        elif inner[name]:
            elements = value if isinstance(value, list) else [value]
            for each in elements:
                if isinstance(each, Mapping):
                    below = [
                        key for key, held in each.items() if key not in inner[name] and held not in (None, "", [], {})
                    ]
                    found |= {f"{name}.{_told(key)}" for key in below}
    return found


def _told(name: str) -> str:
    """A field's name; `…` for one that could be data: some people's keys are addresses and numbers."""
    return name if _NAME.fullmatch(name) and not _LONG_NUMBER.search(name) else "…"
