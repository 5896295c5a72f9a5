"""docs/faults.md, from what was done."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from motherlode.contracts import serving
from motherlode.runner.faults import POINTS
from motherlode.runner.registry import all_jobs
from tests.e2e.tables import BY_MODEL, LEFT_OUT
from tests.faults.deaths import ACTIONS, EXITS, POINTS_OF

INTRODUCTION = """\
Written by `make faults` from its own results. A chain is one run of the pipeline on a small shop, killed where the
table says and started again each time. At its end it is to be as if nothing had been:

- each table's rows are those of a run that nobody disturbed, counted: none lost, none doubled. Volatile fields (when
  a row was computed) are left out;
- of what models make the number of rows is the same, and the models are as good (AUC and precision at 10 within 0.1),
  for training draws lots: {by_model}; and in `{profile}`: {left_out};
- one more run finds nothing to do, and `doctor` nothing damaged.
"""


def page(notes: Sequence[dict[str, Any]]) -> str:
    """docs/faults.md."""
    return "\n".join(_lines(notes)) + "\n"


def _lines(notes: Sequence[dict[str, Any]]) -> Iterator[str]:
    ends = {note["chain"]: note for note in notes if "equal" in note}
    died = [note for note in notes if note.get("died") and note["chain"] in ends]
    yield "# What was killed, and what became of it"
    yield ""
    left_out = _named(LEFT_OUT[serving.CUSTOMER_PROFILE.full_name])
    yield INTRODUCTION.format(by_model=_named(BY_MODEL), profile=serving.CUSTOMER_PROFILE.full_name, left_out=left_out)
    yield f"**{len(died)} deaths in {len(ends)} chains**, each proved by its exit status: {EXITS['kill']:d} where the"
    yield f"JVM and Python were killed, {EXITS['python']:d} where Python alone was."
    yield ""
    for number, end in sorted(ends.items()):
        what = "all logs at once" if number == 0 else "a day more"
        equal = "as if nothing had been"
        if not end["equal"]:
            kinds = (("different", "different"), ("models differ in", "worse"), ("did something again", "again"))
            equal = "; ".join(f"{word}: {', '.join(end[kind])}" for word, kind in kinds if end[kind])
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


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
