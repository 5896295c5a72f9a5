"""Where a chain of runs dies, and how."""

import signal
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from motherlode.contracts.jobs import Append, Job, Upsert

CHAINS = 3
LEAST = 3
"""Deaths of each mode at each point."""
ACTIONS = ("kill", "python")
EXITS = {"kill": -signal.SIGKILL, "python": 128 + signal.SIGKILL}
"""Of spark-submit, which is the JVM: killed itself, or telling how Python ended."""
LEFT = ("planned", "outputs", "recorded")
POINTS_OF = {
    "listing": ("planned", "written", "outputs", "recorded"),
    "append": ("planned", "written", "batch", "outputs", "recorded"),
    "upsert": ("planned", "written", "outputs", "recorded"),
    "snapshot": ("planned", "written", "outputs", "recorded"),
    "fit": ("planned", "written", "fitted", "registered", "crowned", "outputs", "recorded"),
    "document": LEFT,
}
"""In the order in which a job comes by them."""


@dataclass(frozen=True)
class Death:
    """Where a job dies, and how."""

    job: str
    mode: str
    point: str
    action: str

    @property
    def fault(self) -> str:
        return f"{self.job}:{self.point}:{self.action}"


def mode_of(job: Job) -> str:
    if job.followed is not None:
        return "append"
    if isinstance(job.mode, Append):
        return "listing"
    if job.models:
        return "fit"
    if job.documents:
        return "document"
    return "upsert" if isinstance(job.mode, Upsert) else "snapshot"


def deaths(chain: int, able: Sequence[Job], writers: Collection[str]) -> list[Death]:
    """Of a chain: each point of each mode at least once, each job at least once, in the order of the graph.

    Args:
        able: the jobs that have something to do.
        writers: the names of those that change a table.
    """
    found: list[Death] = []
    for mode, points in POINTS_OF.items():
        jobs = [job for job in able if mode_of(job) == mode]
        chosen: set[tuple[str, str]] = set()
        for n, point in enumerate(points):
            able_here = [job for job in jobs if point != "written" or job.name in writers]
            chosen.add((able_here[(n + chain) % len(able_here)].name, point))
        for n, job in enumerate(jobs):
            possible = [point for point in points if point != "written" or job.name in writers]
            chosen.add((job.name, possible[(n + chain) % len(possible)]))
        order = {job.name: n for n, job in enumerate(jobs)}
        for name, point in sorted(chosen, key=lambda one: (order[one[0]], points.index(one[1]))):
            found.append(Death(name, mode, point, ACTIONS[(len(found) + chain) % 2]))
    place = {job.name: n for n, job in enumerate(able)}
    return sorted(found, key=lambda death: (place[death.job], POINTS_OF[death.mode].index(death.point)))


def too_few(notes: Sequence[dict[str, Any]]) -> list[str]:
    """Where fewer died than promised."""
    counts = Counter((note["mode"], note["point"]) for note in notes if note.get("died"))
    return [f"{mode} {point}" for mode, points in POINTS_OF.items() for point in points if counts[mode, point] < LEAST]
