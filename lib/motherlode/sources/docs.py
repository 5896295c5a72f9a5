"""docs/formats.md, written from the formats, conf/formats and the vocabulary: `python -m motherlode.sources.docs`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from motherlode.settings import vendors_names
from motherlode.sources.format import Format
from motherlode.sources.registry import known_formats
from motherlode.sources.vocabulary import CHANNELS, EVENT_TYPES

PAGE = Path("docs/formats.md")
COMMAND = "python -m motherlode.sources.docs"
SPLITTERS = {
    "lines": "a line is a record",
    "json_arrays": "an element of a JSON array is a record; so is an object on a line of its own",
    "csv": "a row is a record, quoted line breaks included",
    "parquet": "a row is a record",
    "rows": "a row is a record",
}
_HOLDERS = {"rows": "tables"}
INTRODUCTION = """\
# Formats and vocabulary

Written from `lib/motherlode/sources/formats/`, `lib/motherlode/sources/vocabulary.py` and `conf/formats/` by `make
docs`; change it there.

A source's file in `conf/sources/` names one of these formats. The vendor's names of events are mapped to the types
below in `conf/formats/FORMAT.toml`, a source's own in `[events]` of its file; a name that neither has is kept, as
`other`.
"""


def page(names: Mapping[str, Mapping[str, str]]) -> str:
    """The whole page.

    Args:
        names: of each format the vendor's names of events, to types.
    """
    return "\n".join(_lines(names)) + "\n"


def _lines(names: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    yield INTRODUCTION
    yield "## Formats"
    yield ""
    yield "| Format | Fields read | Identifiers found | Key | Not read |"
    yield "|---|---|---|---|---|"
    for known in known_formats().values():
        yield _row(known)
    for known in known_formats().values():
        yield ""
        yield f"### {known.name}"
        yield ""
        targets = ", ".join(f"`silver.{table.name}`" for table in known.targets)
        holders = _HOLDERS.get(known.splitter, "files")
        yield f"[{known.doc}]({known.url}). Of its {holders}, {SPLITTERS[known.splitter]}. Becomes {targets}."
        if names.get(known.name):
            said = ", ".join(f"`{name}` → `{kind}`" for name, kind in names[known.name].items())
            yield ""
            yield f"Names of events: {said}."
    yield ""
    yield "## Types of events"
    yield ""
    yield "| Type | What happened |"
    yield "|---|---|"
    yield from (f"| `{name}` | {doc} |" for name, doc in EVENT_TYPES.items())
    yield ""
    yield "## Channels"
    yield ""
    yield "| Channel | What it is |"
    yield "|---|---|"
    yield from (f"| `{name}` | {doc} |" for name, doc in CHANNELS.items())


def _row(known: Format) -> str:
    if known.maps_columns:
        mapped = "those that the source's file maps"
        cells = [mapped, "those of `[identifiers]`", "`key` of the source's file", "columns that are not mapped"]
    else:
        identifiers = [f"{kind}: {_named(fields)}" for kind, fields in known.identifiers.items()]
        cells = [
            _named(known.fields),
            "; ".join(identifiers),
            _named(known.key) or "all that is read",
            _named(known.unread),
        ]
    return f"| [{known.name}](#{known.name}) | {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _named(fields: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in fields)


def wanted(root: Path) -> str:
    """What the page should hold in a working copy of the project."""
    return page({name: vendors_names(root / "conf", name) for name in known_formats()})


def main() -> int:
    text = wanted(Path())
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        PAGE.write_text(text, encoding="utf-8")
        print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
