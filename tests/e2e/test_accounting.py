"""Records in = events + duplicates + quarantined, against a count of the raw files by other means."""

import csv
import io
import json
from collections import Counter
from pathlib import Path

from motherlode.contracts import serving
from motherlode.settings import load_sources
from tests.e2e.world import World

ROOT = Path(__file__).resolve().parents[2]


def _records(path: Path) -> int:
    """Records of a raw file, as csv sees them or by its lines."""
    data = path.read_bytes()
    if path.suffix == ".csv":
        text = data.decode("utf-8", errors="replace")
        return sum(1 for row in csv.reader(io.StringIO(text, newline="")) if row and any(c.strip() for c in row)) - 1
    return sum(1 for line in data.split(b"\n") if line.strip())


def test_it_balances_and_no_source_is_left_out(world: World) -> None:
    table = serving.INGEST_ACCOUNTING
    rows = world.context.warehouse.newest(table).collect()
    assert {row["source"] for row in rows} == {source.name for source in load_sources(ROOT / "conf", "UTC")}
    for row in rows:
        assert row["records_in"] == row["events"] + row["duplicates"] + row["quarantined"], row["source"]
        assert row["events"] > 0, row["source"]
    assert sum(row["quarantined"] for row in rows) > 0
    assert sum(row["duplicates"] for row in rows) > 0


def test_records_in_is_what_the_files_hold(world: World) -> None:
    table = serving.INGEST_ACCOUNTING
    found: Counter[str] = Counter()
    for row in world.context.warehouse.newest(table).collect():
        found[row["source"]] += row["records_in"]
    landing = Path(world.context.settings.paths.landing)
    for source in ("web", "app", "shop", "products", "coupons", "consents", "redemptions"):
        suffix = "jsonl" if source in ("web", "app", "shop") else "csv"
        expected = sum(_records(path) for path in sorted((landing / source).glob(f"*.{suffix}")))
        assert found[source] == expected, source


def test_what_the_simulator_planted_is_what_was_found(world: World) -> None:
    """The truth beside the logs says how many records of each source are whole, repeated and broken."""
    found: dict[str, Counter[str]] = {}
    for row in world.context.warehouse.newest(serving.INGEST_ACCOUNTING).collect():
        counts = {name: row[name] for name in ("events", "duplicates", "quarantined")}
        found.setdefault(row["source"], Counter()).update(counts)
    truth = json.loads((Path(world.context.settings.paths.landing) / "truth" / "summary.json").read_text())["counts"]
    planted = {
        source: Counter(events=n["records"], duplicates=n["repeats"], quarantined=n["broken"])
        for source, n in truth.items()
    }
    # The real coupons repeat themselves.
    assert found["coupons"].total() == planted["coupons"].total()
    exact = sorted(planted.keys() - {"coupons"})
    assert {source: found[source] for source in exact} == {source: planted[source] for source in exact}
