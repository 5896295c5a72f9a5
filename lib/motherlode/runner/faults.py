"""Places where a test, or somebody who doubts, can make a run die: `MOTHERLODE_FAULT=JOB:POINT[:N]:ACTION`.

At the N-th time (the first by default) that JOB comes by POINT:

    kill      this process and its JVM die at once, as when the power goes
    python    this process dies alone
    fail      an error is raised
    wait      the run stands still, for whoever kills something else, until MOTHERLODE_FAULT_FILE is gone

The file that MOTHERLODE_FAULT_FILE names is written just before, and says what happens: who dies with the JVM, which
passes his words on, may not be heard.
"""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from motherlode.errors import MotherlodeError, UsageError

POINTS = {
    "planned": "the plan is written, nothing else",
    "written": "a table is written",
    "batch": "all of a batch is written, the stream's checkpoint does not know",
    "fitted": "a model is fitted and not registered",
    "registered": "a model is registered and not yet the champion",
    "crowned": "the alias has moved",
    "outputs": "all is written, the run is not recorded",
    "recorded": "the run is recorded, its plan is still there",
}
ACTIONS = ("kill", "python", "fail", "wait")
FAULT = "MOTHERLODE_FAULT"
FAULT_FILE = "MOTHERLODE_FAULT_FILE"
_passed: Counter[tuple[str, str]] = Counter()


def check(jobs: Collection[str]) -> None:
    """Before anything runs: whether what is asked for can come to pass.

    Raises:
        UsageError: it cannot.
    """
    asked = os.environ.get(FAULT)
    if not asked:
        return
    job, _, _, action = _parsed(asked)
    if job not in jobs:
        raise UsageError(f"{FAULT}={asked}: there is no job {job}; --list shows all")
    if action == "wait" and not os.environ.get(FAULT_FILE):
        raise UsageError(f"{FAULT}={asked}: {FAULT_FILE} has to name the file that it waits for to go")


def reach(job: str, point: str, jvm: int | None = None) -> None:
    """Die here if that was asked for; `jvm` is the process of this one's JVM.

    Raises:
        UsageError: what was asked for is no fault.
        MotherlodeError: it was to fail.
    """
    asked = os.environ.get(FAULT)
    if not asked:
        return
    wanted_job, wanted_point, number, action = _parsed(asked)
    if (job, point) != (wanted_job, wanted_point):
        return
    _passed[job, point] += 1
    if _passed[job, point] != number:
        return
    file = os.environ.get(FAULT_FILE)
    said = words(job, point)
    if action != "fail":
        print(said, file=sys.stderr, flush=True)
    if file:
        Path(file).write_text(said)
    match action:
        case "kill":
            if jvm is not None:
                os.kill(jvm, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        case "python":
            os.kill(os.getpid(), signal.SIGKILL)
        case "fail":
            raise MotherlodeError(f"{FAULT}: {job} was made to fail where {POINTS[point]}")
        case "wait":
            while file and Path(file).exists():
                time.sleep(0.05)


def words(job: str, point: str) -> str:
    """What is said where a fault comes to pass."""
    return f"{FAULT}: {job} is where {POINTS[point]}"


def _parsed(asked: str) -> tuple[str, str, int, str]:
    parts = asked.split(":")
    if len(parts) == 3:
        parts.insert(2, "1")
    if len(parts) != 4 or parts[1] not in POINTS or parts[3] not in ACTIONS or not parts[2].isdigit():
        raise UsageError(f"{FAULT}={asked}: write JOB:POINT[:N]:ACTION; {', '.join(POINTS)}; {', '.join(ACTIONS)}")
    return parts[0], parts[1], int(parts[2]), parts[3]
