"""docs/faults.md, from what was done."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from motherlode.runner.faults import POINTS
from motherlode.runner.registry import all_jobs
from tests.faults.deaths import ACTIONS, EXITS, POINTS_OF


def page(notes: Sequence[dict[str, Any]]) -> str:
    """docs/faults.md."""
    return "\n".join(_lines(notes)) + "\n"


def _lines(notes: Sequence[dict[str, Any]]) -> Iterator[str]:
    ends = {note["chain"]: note for note in notes if "equal" in note}
    died = [note for note in notes if note.get("died") and note["chain"] in ends]
    yield "# What was killed, and what became of it"
    yield ""
    yield "Written by `make faults` from its own results. A chain is one run of the pipeline on a small shop, killed"
    yield "where the table says, started again each time, and at its end held against a run that nobody disturbed:"
    yield "every row of every table, no record lost, none doubled; what retrained models say, by how good they are."
    yield ""
    yield f"**{len(died)} deaths in {len(ends)} chains**, each proved by its exit status: {EXITS['kill']:d} where the"
    yield f"JVM and Python were killed, {EXITS['python']:d} where Python alone was. Afterwards:"
    yield ""
    for number, end in sorted(ends.items()):
        what = "all logs at once" if number == 0 else "a day more"
        equal = "all tables equal" if end["equal"] else f"different: {', '.join(end['different'])}"
        equal += f"; models differ in {', '.join(end['worse'])}" if end["worse"] else ""
        yield f"- chain {number}, {what}: {sum(note['chain'] == number for note in died)} deaths, {equal}"
    yield ""
    yield "## By mode and point"
    yield ""
    yield "| Mode | Point | Where that is | Python and JVM | Python alone |"
    yield "|---|---|---|--:|--:|"
    counts = Counter((note["mode"], note["point"], note["action"]) for note in died)
    for mode, points in POINTS_OF.items():
        for point in points:
            cells = " | ".join(str(counts[mode, point, action]) for action in ACTIONS)
            yield f"| {mode} | {point} | {POINTS[point]} | {cells} |"
    yield ""
    yield "## By job"
    yield ""
    yield "| Job | Died at (× times) |"
    yield "|---|---|"
    for name in all_jobs():
        mine = Counter((note["point"], note["action"]) for note in died if note["job"] == name)
        said = ", ".join(f"{point} by {action}{f' × {n}' if n > 1 else ''}" for (point, action), n in mine.items())
        if said:
            yield f"| {name} | {said} |"
    yield ""
    yield "Executors and whole workers are killed by `tests/cluster`, in every `make test`."
