"""A lease on a job: of processes that would run it at once, one does.

A lease is a file with a number, and the highest number holds. Taking a dead one over is creating the next number,
which only one can. Its holder changes the file every few seconds; one that no longer changes is dead. So no
two clocks are compared, and a clock that jumps changes nothing.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from motherlode.errors import Exit, MotherlodeError
from motherlode.runner.storage import DamagedError, Storage

BEAT_SECONDS = 10.0
DEAD_AFTER_SECONDS = 60.0
POLL_SECONDS = 0.5


class LeaseHeldError(MotherlodeError):
    """Another process runs the job."""

    exit = Exit.HELD


@dataclass(frozen=True)
class Holder:
    """Who holds a lease, as its file says.

    Args:
        machine: this boot of a machine, and which processes can see each other there.
        pids: processes without which the holder cannot live.
        starts: when each of them started, for a number is given again.
        beat: counts up while the holder lives.
    """

    owner: str
    host: str
    machine: str
    pids: tuple[int, ...]
    starts: tuple[str, ...]
    beat: int = 0
    released: bool = False

    @property
    def died_here(self) -> bool:
        """Whether it ran where we can see it, and none of its processes is left."""
        return self.machine == machine() and not any(self._alive())

    @property
    def lives_here(self) -> bool:
        return self.machine == machine() and all(self._alive())

    def _alive(self) -> list[bool]:
        return [started(pid) == start for pid, start in zip(self.pids, self.starts, strict=True)]


def holder(pids: tuple[int, ...]) -> Holder:
    """One for processes of this machine."""
    return Holder(uuid.uuid4().hex, socket.gethostname(), machine(), pids, tuple(map(started, pids)))


@cache
def machine() -> str:
    """A boot of a machine and its namespace of processes: containers of one host do not see each other's."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return f"{socket.gethostname()} {uuid.getnode()}"


def started(pid: int) -> str:
    """When a process started, in words of its system; empty where there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            # After the name, which may hold anything: the 20th field.
            return stat.read_text().rpartition(")")[2].split()[19]
        except OSError:
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "running"


class Lease:
    """One job's lease, held by this process from `held` on.

    Raises:
        LeaseHeldError: from `check`, once another process has taken it over.
    """

    def __init__(self, storage: Storage, folder: str, number: int, holder: Holder) -> None:
        self.storage = storage
        self.folder = folder
        self.number = number
        self.holder = holder
        self._released = threading.Event()
        self._beats = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._beats.start()

    def check(self) -> None:
        """Before each write: whether the lease is still ours, after whatever kept this process from beating."""
        number = max(_numbers(self.storage, self.folder), default=0)
        other = _read(self.storage, self.folder, number) if number == self.number else None
        if number != self.number or (other is not None and other.owner != self.holder.owner):
            raise LeaseHeldError("another process took this job over while this one stood still; it goes on there")

    def release(self) -> None:
        self._released.set()
        self._beats.join()
        self.holder = replace(self.holder, released=True)
        # The run is recorded: a lease that cannot be given back is found dead by the next one.
        with suppress(Exception):
            self.check()
            self._say()

    def _beat(self) -> None:
        while not self._released.wait(BEAT_SECONDS):
            self.holder = replace(self.holder, beat=self.holder.beat + 1)
            # A beat that fails is one missed; too many, and somebody else takes over, which `check` notices.
            with suppress(Exception):
                self.check()  # of two that a store let in at once, one is silent from now on
                self._say()

    def _say(self) -> None:
        self.storage.write_json(_path(self.folder, self.number), asdict(self.holder))


@contextmanager
def held(storage: Storage, folder: str, pids: tuple[int, ...], wait: float = 0) -> Iterator[Lease]:
    """The lease whose files lie in `folder`, for as long as the block runs.

    Args:
        pids: the processes of this run.
        wait: seconds to wait for a holder that lives.

    Raises:
        LeaseHeldError: somebody else holds it, and lives.
    """
    lease = _acquire(storage, folder, holder(pids), wait)
    try:
        yield lease
    finally:
        lease.release()


def holder_of(storage: Storage, folder: str) -> Holder | None:
    """Who held the lease last; None where nobody did, or it is being taken now."""
    number = max(_numbers(storage, folder), default=0)
    return _read(storage, folder, number) if number else None


def _acquire(storage: Storage, folder: str, ours: Holder, wait: float) -> Lease:
    started = time.monotonic()
    seen: tuple[int, Holder | None] | None = None
    since = started
    while True:
        numbers = _numbers(storage, folder)
        number = max(numbers, default=0)
        other = _read(storage, folder, number) if number else None
        now = time.monotonic()
        if (number, other) != seen:
            lives = seen is not None and seen[0] == number
            seen, since = (number, other), now
        else:
            lives = False
        free = number == 0 or (other is not None and (other.released or other.died_here))
        if free or now - since > DEAD_AFTER_SECONDS:
            if storage.create(_path(folder, number + 1), asdict(ours)):
                if max(_numbers(storage, folder)) > number + 1:
                    # What we looked at was old: others have come and gone since.
                    storage.delete(_path(folder, number + 1))
                    continue
                for old in numbers:
                    storage.delete(_path(folder, old))
                return Lease(storage, folder, number + 1, ours)
            continue
        if (lives or (other is not None and other.lives_here)) and now - started >= wait:
            who = f" (process {other.pids[0]} on {other.host})" if other else ""
            raise LeaseHeldError(f"another process{who} runs this job: let it finish, or give --wait MINUTES")
        time.sleep(POLL_SECONDS)


def _numbers(storage: Storage, folder: str) -> list[int]:
    return [int(name.removesuffix(".json")) for name in storage.names(folder) if name.endswith(".json")]


def _path(folder: str, number: int) -> str:
    return f"{folder}/{number:010d}.json"


def _read(storage: Storage, folder: str, number: int) -> Holder | None:
    """None where it is just being written or taken over."""
    try:
        said = storage.read_json(_path(folder, number))
    except DamagedError:
        return None
    return Holder(**{**said, "pids": tuple(said["pids"]), "starts": tuple(said["starts"])}) if said else None
