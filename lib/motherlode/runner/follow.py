"""`--follow`: what comes is taken in as it comes, round after round, until the process is told to stop.

A round is what a run does: the same jobs, plans, leases and checkpoints, so whoever dies goes on where it was. A round
with nothing new looks at a listing and at the ends of topics, and starts no Spark job.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from motherlode.contracts.jobs import Append, Job
from motherlode.errors import UnavailableError, UsageError
from motherlode.runner.context import Context
from motherlode.runner.lease import LeaseHeldError
from motherlode.runner.run import Result, run_job

LOG_SECONDS = 600.0
"""Between two commits of the run log."""


def followers(chosen: Sequence[Job]) -> list[Job]:
    """Of the jobs those that take in what comes.

    Raises:
        UsageError: none does.
    """
    found = [job for job in chosen if isinstance(job.mode, Append)]
    if not found:
        raise UsageError(f"--follow: {', '.join(job.name for job in chosen)} computes a whole; only appends can follow")
    return found


@contextmanager
def told_to_stop() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set: the job at work is finished first.

    Where spark-submit is the JVM, and Python its child, a signal to it ends both at once, which is as safe.
    """
    stop = threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def follow(
    context: Context,
    jobs: Sequence[Job],
    stop: threading.Event,
    say: Callable[[str], None],
    show: Callable[[Result], None],
    keep_log: Callable[[], None],
) -> None:
    """Rounds of all jobs until `stop` is set.

    What is away for now, as a broker that is started anew, is said once and asked again in the next round.

    Args:
        say: for what is away, and is back.
        show: for each job that did something.
        keep_log: now and then, and at the end.
    """
    away: dict[str, str] = {}
    kept = time.monotonic()
    is_dirty = False
    while not stop.is_set():
        for job in jobs:
            if stop.is_set():
                break
            why = ""
            try:
                result = run_job(context, job)
            except (UnavailableError, LeaseHeldError) as error:
                why = str(error)
            if why:
                if away.get(job.name) != why:
                    say(f"{job.name}: {why}; it is asked again every {context.settings.ingest.follow_seconds:g} s")
                away[job.name] = why
                continue
            if away.pop(job.name, None):
                say(f"{job.name}: goes on")
            if result.status == "done" and result.why != "no row changed":
                show(result)
                is_dirty = True
        if is_dirty and time.monotonic() - kept > LOG_SECONDS:
            keep_log()
            kept, is_dirty = time.monotonic(), False
        stop.wait(context.settings.ingest.follow_seconds)
    if is_dirty:
        keep_log()
