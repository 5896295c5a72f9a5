"""One process at a time: the lease, with processes and threads that really race."""

import os
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from motherlode.runner import lease
from motherlode.runner.lease import Holder, LeaseHeldError, held
from motherlode.runner.storage import Storage

HERE = (os.getpid(),)


@pytest.fixture
def storage(spark: SparkSession) -> Storage:
    return Storage(spark)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(lease, "DEAD_AFTER_SECONDS", 1.0)
    monkeypatch.setattr(lease, "POLL_SECONDS", 0.02)


def left_behind(storage: Storage, folder: Path, machine: str, pid: int, started: str = "1") -> None:
    """The file of a holder that never let go."""
    left = Holder("somebody", "a host", machine, (pid,), (started,))
    assert storage.create(f"{folder}/0000000007.json", asdict(left))


def test_a_second_start_leaves_with_a_line(storage: Storage, tmp_path: Path) -> None:
    with held(storage, str(tmp_path), HERE):
        said = rf"process {HERE[0]} on \S+\) runs this job.*--wait"
        with pytest.raises(LeaseHeldError, match=said), held(storage, str(tmp_path), HERE):
            pytest.fail("two at once")
    with held(storage, str(tmp_path), HERE) as again:
        again.check()


def test_a_second_start_waits_if_told_to(storage: Storage, tmp_path: Path) -> None:
    order = []
    with held(storage, str(tmp_path), HERE):

        def second() -> None:
            with held(storage, str(tmp_path), HERE, wait=60):
                order.append("second")

        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(timeout=0.5)
        order.append("first")
    waiting.join(timeout=30)
    assert order == ["first", "second"]


def test_who_died_on_this_machine_is_taken_over_at_once(storage: Storage, tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left_behind(storage, tmp_path, lease.machine(), dead.pid)
    with held(storage, str(tmp_path), HERE) as taken:
        assert taken.number == 8
        assert [path.name for path in tmp_path.glob("*.json")] == ["0000000008.json"]


def test_a_number_that_was_given_to_another_process_is_not_its_holder(storage: Storage, tmp_path: Path) -> None:
    left_behind(storage, tmp_path, lease.machine(), os.getpid(), started="long ago")
    with held(storage, str(tmp_path), HERE) as taken:
        assert taken.number == 8


def test_a_lease_that_somebody_else_wrote_over_is_lost(storage: Storage, tmp_path: Path) -> None:
    """As on an object store that cannot create a file only where there is none."""
    with held(storage, str(tmp_path), HERE) as first:
        other = Holder("another", "host", "elsewhere", (1,), ("1",))
        storage.write_json(f"{tmp_path}/{first.number:010d}.json", asdict(other))
        with pytest.raises(LeaseHeldError, match="took this job over"):
            first.check()


def test_who_fell_silent_elsewhere_is_taken_over(storage: Storage, tmp_path: Path) -> None:
    left_behind(storage, tmp_path, "another.example", 1)
    with held(storage, str(tmp_path), HERE) as taken:
        assert taken.number == 8


def test_who_beats_elsewhere_lives(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(storage, str(tmp_path), HERE):
        monkeypatch.setattr(lease, "machine", lambda: "another")
        with pytest.raises(LeaseHeldError), held(storage, str(tmp_path), HERE, wait=1.5):
            pytest.fail("two at once")


def test_who_was_taken_over_writes_no_more(storage: Storage, tmp_path: Path) -> None:
    with held(storage, str(tmp_path), HERE) as stood_still:
        stood_still.check()
        assert storage.create(
            f"{tmp_path}/{stood_still.number + 1:010d}.json", asdict(Holder("x", "y", "z", (1,), ("2",)))
        )
        with pytest.raises(LeaseHeldError, match="took this job over"):
            stood_still.check()


def test_a_holder_whose_file_was_cut_off_is_taken_over_in_time(storage: Storage, tmp_path: Path) -> None:
    (tmp_path / "0000000003.json").write_text('{"own')
    with held(storage, str(tmp_path), HERE) as taken:
        assert taken.number == 4


def test_of_many_that_race_for_a_dead_ones_lease_one_wins(storage: Storage, tmp_path: Path) -> None:
    left_behind(storage, tmp_path, "another.example", 1)
    inside, most, lost = 0, 0, []
    gate, lock = threading.Barrier(6), threading.Lock()

    def race() -> None:
        nonlocal inside, most
        gate.wait()
        try:
            with held(storage, str(tmp_path), HERE, wait=60):
                with lock:
                    inside += 1
                    most = max(most, inside)
                threading.Event().wait(0.05)
                with lock:
                    inside -= 1
        except Exception as error:
            lost.append(error)

    racers = [threading.Thread(target=race) for _ in range(6)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(timeout=60)
    assert (most, inside, lost) == (1, 0, [])
