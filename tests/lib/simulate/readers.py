"""Readers of the simulated files that share no code with the simulator: the json and csv modules."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

JSON_SOURCES = ("web", "app", "shop", "email")


@dataclass(frozen=True)
class Entry:
    """A record as it stands in a file: `line` is the line on which it starts, content a dict of what it says."""

    source: str
    file: str
    line: int
    content: dict


def truth(out: Path, name: str) -> list[dict[str, str]]:
    """The rows of a truth file."""
    with (out / "truth" / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def broken_lines(out: Path) -> set[tuple[str, int]]:
    """(SOURCE/FILE, line) of every broken record."""
    return {(row["file"], int(row["line"])) for row in truth(out, "broken")}


def good_entries(out: Path, source: str) -> list[Entry]:
    """Every record that the truth does not call broken; raises if one cannot be read."""
    broken = broken_lines(out)
    entries = []
    for path in sorted((out / source).iterdir()):
        name = f"{source}/{path.name}"
        read = _json_entries if source in JSON_SOURCES else _csv_entries
        entries += read(path, name, source, broken)
    return entries


def _json_entries(path: Path, name: str, source: str, broken: set[tuple[str, int]]) -> list[Entry]:
    entries = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        if (name, number) not in broken:
            text = line.decode("utf-8")
            elements = _of_arrays(text) if source == "email" else [json.loads(text)]
            entries += [Entry(source, name, number, element) for element in elements]
    return entries


def _of_arrays(text: str) -> list[dict]:
    """The elements of one array after the other on a line: glued deliveries can be read."""
    elements, at = [], 0
    while at < len(text):
        array, at = json.JSONDecoder().raw_decode(text, at)
        elements += array
    return elements


def _csv_entries(path: Path, name: str, source: str, broken: set[tuple[str, int]]) -> list[Entry]:
    """A broken record may end on a later line (a comment with line ends) but always starts on its own."""
    entries = []
    reader = csv.reader(io.StringIO(path.read_bytes().decode("utf-8", errors="replace"), newline=""), strict=True)
    header = next(reader)
    starts = reader.line_num + 1
    for row in reader:
        if (name, starts) not in broken:
            assert len(row) == len(header), (name, starts, row)
            entries.append(Entry(source, name, starts, dict(zip(header, row, strict=True))))
        starts = reader.line_num + 1
    return entries


def shown_identifiers(entry: Entry) -> set[tuple[str, str]]:
    """(type, value) of every identifier in a record, read as a person would read the format."""
    c = entry.content
    if entry.source in ("web", "app"):
        traits = c.get("traits", {})
        found = {
            ("cookie", c["anonymousId"]),
            ("user_id", c.get("userId")),
            ("email", traits.get("email")),
            ("phone", traits.get("phone")),
            ("device", c["context"].get("device", {}).get("id")),
        }
    elif entry.source == "shop":
        customer = c["customer"]
        found = {("user_id", customer["id"]), ("email", customer["email"]), ("phone", customer.get("phone"))}
        found |= {("email", c["email"]), ("phone", c.get("phone"))}
    else:
        found = {(kind, c.get(kind)) for kind in ("email", "phone", "loyalty_card", "crm_id")}
    return {(kind, value) for kind, value in found if value}


def tree(out: Path) -> dict[str, bytes]:
    """Every delivered file and truth file, by path; the generator's own bookkeeping is left out."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and "facts" not in path.parts and path.name != "stamp.json"
    }
