"""From silver on no plain identifier and no key stands anywhere: tables, logs, models, report, output."""

import base64
import csv
import os
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from tests.e2e.world import World

# Short or common values would be found everywhere by chance.
SHORTEST = 8


@pytest.fixture(scope="module")
def plain(world: World) -> set[bytes]:
    """Every identifier value of the simulation that is long enough to be searched for."""
    landing = Path(world.context.settings.paths.landing)
    with (landing / "truth" / "identifiers.csv").open(newline="", encoding="utf-8") as file:
        values = {row["value"] for row in csv.DictReader(file)}
    with_plus = {value.removeprefix("+") for value in values}
    kept = {value for value in values | with_plus if len(value) >= SHORTEST}
    assert len(kept) > 200
    return {value.lower().encode() for value in kept}


@pytest.fixture(scope="module")
def keys() -> set[bytes]:
    """Both keys as they might leak: raw, hex, base64, and HMAC's padded blocks."""
    found = set()
    for name in ("MOTHERLODE_PSEUDONYM_KEY", "MOTHERLODE_CONTACT_KEY"):
        key = base64.b64decode(os.environ[name])
        inner = bytes(b ^ 0x36 for b in key.ljust(64, b"\0"))
        outer = bytes(b ^ 0x5C for b in key.ljust(64, b"\0"))
        for form in (key, inner, outer):
            found |= {form, form.hex().encode(), base64.b64encode(form).rstrip(b"=")[:-1]}
            found.add(form.hex().upper().encode())
    return found


def _words(content: bytes) -> set[bytes]:
    """What could be an identifier: mail addresses, and runs of letters, digits, - and _; percent-encoded ones too."""
    found: set[bytes] = set()
    for _ in range(3):
        found |= set(re.findall(rb"[\w.+%-]+@[\w.-]+|[\w-]{8,}", content.lower()))
        plain = unquote_to_bytes(content)
        if plain == content:
            break
        content = plain
    return found


def _files(world: World) -> list[Path]:
    """Every file from silver on that is not compressed Parquet, and what MLflow and the report hold."""
    warehouse = Path(world.context.settings.paths.warehouse)
    kept = [p for p in world.folder.rglob("*") if p.is_file() and warehouse / "bronze" not in p.parents]
    # Bronze's rows are plain by design; its log may not be.
    kept += (warehouse / "bronze").rglob("_delta_log/*.json")
    return kept


def test_no_plain_identifier_in_any_file(world: World, plain: set[bytes], keys: set[bytes]) -> None:
    leaks: list[str] = []
    for path in _files(world):
        content = path.read_bytes()
        leaks += [f"{path.name}: key" for key in keys if key in content]
        if path.suffix != ".parquet":
            leaks += [f"{path}: {len(found)} identifiers" for found in [_words(content) & plain] if found]
    assert leaks == []


def test_no_plain_identifier_in_any_table(world: World, plain: set[bytes], keys: set[bytes]) -> None:
    import pyarrow.parquet as pq

    warehouse = Path(world.context.settings.paths.warehouse)
    leaks: set[str] = set()
    # MLflow's models and Delta's checkpoints are tables too.
    for path in world.folder.rglob("*.parquet"):
        if warehouse / "bronze" in path.parents and "_delta_log" not in path.parts:
            continue
        table = pq.read_table(path)
        for name in table.column_names:
            for value in set(map(str, table.column(name).to_pylist())):
                text = value.lower().encode()
                if _words(text) & plain or any(key in text for key in keys):
                    leaks.add(f"{path.parent.name}.{name}")
    assert leaks == set()


def test_no_plain_identifier_in_the_event_log(world: World, plain: set[bytes], keys: set[bytes]) -> None:
    # The simulator runs in this session too, and the kiosk's ids stand in its own plans.
    landing = Path(world.context.settings.paths.landing)
    with (landing / "truth" / "identifiers.csv").open(newline="", encoding="utf-8") as file:
        plain = plain - {row["value"].lower().encode() for row in csv.DictReader(file) if row["scenario"] == "kiosk"}
    folder = Path(world.context.spark.conf.get("spark.eventLog.dir", "").removeprefix("file://"))
    logs = [path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".crc")]
    assert any(b"SparkListenerSQLExecutionStart" in content for content in logs)
    for content in logs:
        assert [key for key in keys if key in content] == []
        assert len(_words(content) & plain) == 0


def test_the_search_finds_what_it_should(world: World, plain: set[bytes]) -> None:
    """The same search over the raw logs finds about half of all (the rest is in no record yet): it can fail."""
    assert {b"ann.lee@example.com"} <= _words(b"/hello?m=ann.lee%40example.com") & _words(b"ann.lee%2540example.com")
    landing = Path(world.context.settings.paths.landing)
    words: set[bytes] = set()
    for path in landing.rglob("*"):
        if path.is_file() and "truth" not in path.parts:
            words |= _words(path.read_bytes())
    assert len(words & plain) > 0.45 * len({value for value in plain if b"+" not in value})


def test_contacts_are_encrypted_and_can_be_decrypted(world: World) -> None:
    from motherlode.columns.cipher import decrypt
    from motherlode.contracts import silver

    rows = world.context.warehouse.newest(silver.CONTACTS)
    values = [row["value"] for row in rows.where("kind = 'email'").limit(20).collect()]
    assert values
    assert all("@" not in value and "@" in decrypt(value) for value in values)
