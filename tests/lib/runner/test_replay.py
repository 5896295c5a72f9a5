"""What was set aside is taken in again after a fix: as if it had been read so at first, once, whoever dies."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.errors import MotherlodeError
from motherlode.runner import faults
from motherlode.runner.context import Context
from motherlode.runner.faults import FAULT
from motherlode.runner.registry import all_jobs
from motherlode.runner.replay import replay
from motherlode.runner.run import run_job
from tests.lib.runner.small import rows
from tests.lib.runner.test_hard_files import accounts, reopened, run, shop
from tests.thorough import THOROUGH

JOBS = ("bronze.files", "bronze.records", "silver.order_lines", "silver.contacts", "serving.ingest_accounting")
SOURCE = """
format = "csv"
path = "till/*.csv"
target = "order_lines"
channel = "store"
key = ["receipt"]
identifiers = { email = "mail" }
contacts = { email = "mail" }
columns = { order_id = "receipt", line_no = "receipt", occurred_at = "sold_at", quantity = "units", net = "paid" }
constants = { currency = "EUR", status = "paid" }
"""
MENDED = SOURCE + 'time_formats = ["dd.MM.yyyy HH:mm"]\n'
HEADER = "receipt,mail,sold_at,units,paid"
FILES = {
    "a": [
        "1,ann@example.com,2017-01-05T12:00:00Z,1,2.00",
        '2,bob@example.com,05.01.2017 12:00,1,"3.00"',
        "3,,some day,1,4.00",
        "4,,05.01.2017 12:00,-1,5.00",
        "5,,2017-01-05T12:00:00Z,-1,5.00",
    ],
    "b": ["2,bob@example.com,05.01.2017 12:00,1,3.00"],
}
TABLES = (silver.ORDER_LINES, silver.DUPLICATES["order_lines"], silver.QUARANTINES["order_lines"], silver.CONTACTS)
# In batch 1: one was right; the second is taken in, and its repeat is one; three still break a rule.
BEFORE, AFTER = [(1, 6, 1, 0, 5)], [(1, 6, 2, 1, 3)]
DEATHS: list[tuple[str, Callable[[Context], object]]] = [
    ("written:1", lambda context: run_job(context, all_jobs()["silver.order_lines"])),
    ("written:2", lambda context: list(replay(context, None, None))),
    ("recorded:1", lambda context: run_job(context, all_jobs()["silver.order_lines"])),
]


def put_logs(folder: Path) -> None:
    (folder / "landing/till").mkdir(parents=True)
    for name, lines in FILES.items():
        (folder / f"landing/till/{name}.csv").write_text("".join(f"{line}\n" for line in (HEADER, *lines)))


@pytest.fixture(scope="module")
def set_aside(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse whose source was told nothing of how its times are written."""
    folder = tmp_path_factory.mktemp("set_aside")
    put_logs(folder)
    context = shop(spark, folder, {"till": SOURCE})
    run(context, JOBS)
    assert accounts(context) == BEFORE
    return folder


@pytest.fixture(scope="module")
def as_if(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What the tables hold where the source was right from the start."""
    folder = tmp_path_factory.mktemp("as_if")
    put_logs(folder)
    context = shop(spark, folder, {"till": MENDED})
    run(context, JOBS)
    return held_by(context)


@pytest.fixture
def mended(spark: SparkSession, set_aside: Path, tmp_path: Path) -> Context:
    shutil.copytree(set_aside, tmp_path, dirs_exist_ok=True)
    (tmp_path / "conf/sources/till.toml").write_text(MENDED)
    return reopened(spark, tmp_path)


def held_by(context: Context) -> dict[str, list[Any]]:
    """All that is the same each time: no encryption is."""
    hidden = {"record", "header", "value", "received_at", "known_at"}
    return {
        table.name: sorted(
            str({name: value for name, value in row.asDict().items() if name not in hidden})
            for row in context.warehouse.newest(table).collect()
        )
        for table in TABLES
    }


def versions(context: Context) -> list[int | None]:
    return [context.warehouse.version(table) for table in TABLES]


def test_records_are_taken_in_again_as_if_they_had_been_read_so_at_first(
    mended: Context, as_if: dict[str, list[Any]]
) -> None:
    assert list(replay(mended, "another", None)) == []
    (found,) = replay(mended, "till", "readable")
    assert (found.job.name, found.records, found.taken, found.repeated) == ("silver.order_lines", 4, 1, 1)
    assert held_by(mended) == as_if
    # Of what still breaks a rule the reason is today's.
    quarantine = rows(mended, silver.QUARANTINES["order_lines"], "rule", "path", "found")
    assert quarantine == [
        ("not_negative", "units", "-9.9"),
        ("not_negative", "units", "-9.9"),
        ("readable", "sold_at", "aaaa aaa"),
    ]
    run(mended, JOBS)
    assert accounts(mended) == AFTER
    assert len(rows(mended, silver.CONTACTS, "row_id")) == 2
    # Again it changes nothing, whatever is tried.
    before = versions(mended)
    (found,) = replay(mended, None, None)
    assert (found.records, found.taken, found.repeated) == (3, 0, 0)
    assert (versions(mended), held_by(mended)) == (before, as_if)
    assert run_job(mended, found.job).status == "skipped"


@pytest.mark.parametrize(("point", "finish"), DEATHS if THOROUGH else DEATHS[:1])
def test_a_replay_that_died_is_finished(
    mended: Context,
    as_if: dict[str, list[Any]],
    monkeypatch: pytest.MonkeyPatch,
    point: str,
    finish: Callable[[Context], object],
) -> None:
    faults._passed.clear()
    monkeypatch.setenv(FAULT, f"silver.order_lines:{point}:fail")
    with pytest.raises(MotherlodeError, match="was made to fail"):
        list(replay(mended, None, None))
    monkeypatch.delenv(FAULT)
    assert mended.state.half_done("silver.order_lines") == "replay"
    finish(mended)
    assert (held_by(mended), mended.state.half_done("silver.order_lines")) == (as_if, "")


def test_records_of_a_source_that_is_gone_stay(mended: Context, spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "conf/sources/till.toml").rename(tmp_path / "conf/sources/other.toml")
    context = reopened(spark, tmp_path)
    before = held_by(context)
    (found,) = replay(context, None, None)
    assert (found.records, found.taken, found.repeated) == (5, 0, 0)
    assert held_by(context) == before
