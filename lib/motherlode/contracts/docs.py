"""The data dictionary, written from the contracts: `python -m motherlode.contracts.docs [--check] [--root FOLDER]`."""

import argparse
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from motherlode.contracts.catalogue import DOCUMENTS, MODELS, TABLES
from motherlode.contracts.tables import ALL_PURPOSES, Layer, Origin, Table

DICTIONARY = Path("docs/tables.md")
README = Path("README.md")
START, END = "<!-- tables -->", "<!-- /tables -->"
COMMAND = "python -m motherlode.contracts.docs"


def dictionary() -> str:
    """Everything that the contracts say, as Markdown."""
    lines = [
        "# Tables, models and documents",
        "",
        f"Written from the contracts in `lib/motherlode/contracts/` by `{COMMAND}`; change it there.",
        "A table lies at `warehouse/LAYER/TABLE`, as Delta.",
        "",
        "In the columns, **key** is unique together, *PII* is an identifier (even hashed) or personal content, and",
        "*volatile* says when or where a row arrived, not what it says: comparisons of tables leave it out.",
    ]
    for layer, tables in _by_layer():
        lines += ["", f"## {layer.label.capitalize()}"]
        for table in tables:
            lines += ["", *_table(table)]
    lines += ["", "## Models", "", *_models(), "", "## Documents", "", *_documents(), ""]
    return "\n".join(lines)


def summary() -> str:
    """What the README shows: a row for each table; tables of the same shape share one."""
    lines = []
    for layer, tables in _by_layer():
        lines += ["", f"**{layer.label.capitalize()}**", "", "| Table | What it is | Columns |", "|---|---|---|"]
        alike: dict[tuple[str, str], list[str]] = {}
        for table in tables:
            alike.setdefault((table.doc, _names(table.columns)), []).append(table.full_name)
        lines += [_row([_names(names), doc, columns]) for (doc, columns), names in alike.items()]
    return "\n".join(
        [*lines[1:], "", f"Types, keys, retention and what each row is made from: [{DICTIONARY.name}]({DICTIONARY})."]
    )


def between_markers(readme: str) -> str:
    """The README with the summary between its markers; as it is where it has none."""
    head, start, rest = readme.partition(START)
    _, end, tail = rest.partition(END)
    return f"{head}{start}\n{summary()}\n{end}{tail}" if start and end else readme


def wanted(root: Path) -> dict[Path, str]:
    """What each file should hold."""
    files = {root / DICTIONARY: dictionary()}
    if (root / README).exists():
        files[root / README] = between_markers((root / README).read_text(encoding="utf-8"))
    return files


def stale(root: Path) -> list[Path]:
    """The files that hold something else."""
    return [
        path for path, text in wanted(root).items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write docs/tables.md and the README's list of tables.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    parser.add_argument("--root", type=Path, default=Path(), help="the repository (default: the current folder)")
    options = parser.parse_args(arguments)
    old = stale(options.root)
    if options.check:
        if old:
            names = ", ".join(path.relative_to(options.root).as_posix() for path in old)
            print(f"out of date: {names}: run {COMMAND}", file=sys.stderr)
        return 1 if old else 0
    files = wanted(options.root)
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
        print(f"wrote {path}")
    return 0


def _by_layer() -> Iterable[tuple[Layer, list[Table]]]:
    for layer, tables in groupby(sorted(TABLES.values(), key=lambda table: table.layer), key=lambda table: table.layer):
        yield layer, list(tables)


def _table(table: Table) -> list[str]:
    subject = f"a {table.subject}, by `{table.subject.column}`" if table.subject else "nobody"
    purposes = "any" if table.purposes == ALL_PURPOSES else ", ".join(sorted(table.purposes))
    kept = "for good" if table.retention is None else f"at most {table.retention} days"
    lines = [
        f"### {table.full_name}",
        "",
        f"{table.doc}.",
        "",
        f"- Key: {_names(table.key)}. Layout: {_layout(table)}. Owner: {table.owner}.",
        f"- About: {subject}. Purposes: {purposes}. To be kept: {kept}.",
    ]
    if table.made_from:
        lines.append(f"- Made from: {'; '.join(_origin(origin) for origin in table.made_from)}.")
    lines += ["", "| Column | Type | Meaning | |", "|---|---|---|---|"]
    for field in table.fields:
        marks = [
            *(["**key**"] if field.name in table.key else []),
            *(["nullable"] if field.nullable else []),
            *(["*PII*"] if field.pii else []),
            *(["*volatile*"] if field.volatile else []),
        ]
        lines.append(_row([f"`{field.name}`", f"`{field.type.simpleString()}`", field.doc, ", ".join(marks)]))
    return lines


def _layout(table: Table) -> str:
    if table.partition_by:
        return f"partitioned by {_names(table.partition_by)}"
    return f"clustered by {_names(table.cluster_by)}" if table.cluster_by else "plain"


def _origin(origin: Origin) -> str:
    """In words: `silver.events` by `row_id`, up to `as_of`."""
    pairs = [f"`{here}`" if here == there else f"`{here}` = its `{there}`" for here, there in origin.on]
    pairs += [f"`{here}` within its `{there}`" for here, there in origin.contains]
    if origin.until:
        pairs.append(f"its `{origin.until[1]}` up to `{origin.until[0]}`")
    if origin.during:
        first, end, time = origin.during
        pairs.append(f"its `{time}` from `{first}` to `{end}`")
    return f"`{origin.table}`" + (f" ({', '.join(pairs)})" if pairs else "")


def _models() -> list[str]:
    rows = [_row([f"`{model.full_name}`", model.doc, model.owner]) for model in MODELS.values()]
    return [
        "MLflow registers each as LAYER_NAME; scoring loads the alias `champion`.",
        "",
        "| Model | What it is | Owner |",
        "|---|---|---|",
        *rows,
    ]


def _documents() -> list[str]:
    rows = [
        _row([f"`{document.full_name}`", document.doc, document.suffix, document.owner])
        for document in DOCUMENTS.values()
    ]
    return ["| Document | What it is | Format | Owner |", "|---|---|---|---|", *rows]


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
