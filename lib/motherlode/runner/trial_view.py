"""What `try` shows. Names of fields, shapes and counts; of values only what is stored scrubbed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.table import Table as Grid
from rich.text import Text

from motherlode.runner.sample import Sample
from motherlode.runner.show import out
from motherlode.runner.trial_outcome import Outcome
from motherlode.sources.draft import Draft
from motherlode.sources.fields_seen import FieldsSeen
from motherlode.sources.sniff import Sniffed
from motherlode.sources.source import Source

_MOST = 20
_BROKEN_DOWN = {"events": ("type", "channel"), "order_lines": ("status", "channel"), "consents": ("purpose", "granted")}


def say_file(file: str, sample: Sample, sniffed: Sniffed, source: Source | None, to_change: Sequence[str]) -> None:
    """What the file is, how sure that is, and what has to be done to it."""
    rows = sample.data.count(b"\n")
    part = f"{rows:,} rows" if sample.is_parquet else f"{len(sample.data):,} bytes"
    looked = f"the first {part} of it" if sample.is_cut else "all of it"
    _say(f"{file}: {sample.size:,} bytes; looked at {looked}")
    if sniffed.best:
        what = f"{sniffed.best.format}: {sniffed.best.share:.0%} of {sniffed.records:,} records look like it"
        if sniffed.runner_up:
            what += f"; {sniffed.runner_up.share:.0%} like {sniffed.runner_up.format}"
        _say(what)
    else:
        _say(sniffed.why_not)
    if source and sniffed.best and source.format != sniffed.best.format:
        _say(f"! its source says {source.format}: which is it?")
    for line in (*sample.remarks, *sniffed.remarks):
        _say(f"  {line}")
    if to_change:
        _say("! To be changed before it lands; below is what it would be then:")
        for line in to_change:
            _say(f"    {line}")


def say_draft(draft: Draft, path: Path) -> None:
    """The draft, and what a person has to do with it."""
    _head(f"A draft of {path}, to be saved there")
    _say(draft.toml)
    if draft.missing:
        _say(
            f"It cannot go on until {', '.join(draft.missing)} is filled in: save the draft, fill in what is marked"
            " as needed, and try again."
        )


def say_declared(path: Path) -> None:
    _say(f"as {path} declares it")


def say_outcome(outcome: Outcome, source: Source, fields: FieldsSeen | None, made: Sequence[str]) -> None:
    """What the sample's records became."""
    _head("What would become of these records")
    repeats = outcome.repeats.num_rows
    lines = f" ({outcome.rows.num_rows:,} lines)" if outcome.rows.num_rows != outcome.taken else ""
    _say(
        f"{outcome.found:,} records = {outcome.taken:,} in silver.{outcome.target.name}{lines} + {repeats:,} repeats +"
        f" {outcome.quarantined:,} quarantined"
    )
    if times := outcome.times():
        _say(f"happened from {times[0]} to {times[1]}, UTC")
    if fields and fields.zoneless:
        _say(f"{', '.join(fields.zoneless)}: say no offset, and are read as times of {source.zone} (`zone`)")
    by = _BROKEN_DOWN.get(outcome.target.name)
    if by and outcome.rows.num_rows:
        _grid([*by, "rows"], [(*names, f"{count:,}") for names, count in outcome.counts(*by)[:_MOST]])
    if names := outcome.unknown_names():
        _head("Names of events that are kept as `other`; to give one a type, a line below [events]")
        for name, count in names:
            _say(f'    {json.dumps(name, ensure_ascii=False)} = "…"    # {count:,} records')
    if found := outcome.identifiers():
        _head("Who they are about")
        _grid(["identifier", "rows"], [(kind, f"{count:,}") for kind, count in found])
    if filled := outcome.filled():
        _head(f"Filled columns of silver.{outcome.target.name}")
        _shares(filled)
    if flags := outcome.flags():
        _head("Odd, and taken all the same")
        _grid(["flag", "rows"], [(flag, f"{count:,}") for flag, count in flags])
    _quarantine(outcome)
    if fields:
        _fields(fields)
    keys = f" {', '.join(made)} not set: made up for this trial, and gone with it." if made else ""
    _say(f"\nNothing was written.{keys}")


def say_change_first(to_change: Sequence[str]) -> None:
    _say(f"As it lies the file is not read like this: {len(to_change)} to be changed first, as said at the top.")


def _quarantine(outcome: Outcome) -> None:
    refused = outcome.refused()
    if not refused:
        return
    _head("Quarantined, and why")
    rows = [
        (f"{r.count:,}", r.rule, r.path, r.found, r.allowed, f"{r.line:,}", f"{r.offset:,}") for r in refused[:_MOST]
    ]
    _grid(["records", "rule", "where", "found, as a shape", "allowed", "first at line", "at byte"], rows)
    if len(refused) > _MOST:
        _say(f"and {sum(r.count for r in refused[_MOST:]):,} more, for {len(refused) - _MOST:,} other reasons")


def _fields(fields: FieldsSeen) -> None:
    _head("Fields that are read, and how many records have them")
    _shares({name: share for name, share in fields.read.items() if share})
    if never := [name for name, share in fields.read.items() if not share]:
        _say(f"in no record: {', '.join(never)}")
    if fields.unread:
        _head("Fields that nothing reads")
        _shares(dict(list(fields.unread.items())[: 2 * _MOST]))


def _shares(shares: Mapping[str, float]) -> None:
    """Names with their shares, several in a line."""
    width = max(map(len, shares), default=0) + 7
    columns = max(1, min(4, 110 // width))
    cells = [f"{name:<{width - 7}} {_percent(share):>5}" for name, share in shares.items()]
    for at in range(0, len(cells), columns):
        _say("  " + "   ".join(cells[at : at + columns]))


def _percent(share: float) -> str:
    """Rounded, but neither none nor all where it is not."""
    if 0 < share < 0.01:
        return "<1 %"
    return ">99 %" if 0.99 < share < 1 else f"{share * 100:.0f} %"


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        grid.add_column(head, justify="right" if head in ("rows", "records", "first at line", "at byte") else "left")
    for row in rows:
        # As texts: a value is no markup.
        grid.add_row(*[Text(cell) for cell in row])
    out.print(grid)


def _head(text: str) -> None:
    out.print(Text(f"\n{text}", style="bold"))


def _say(text: str) -> None:
    out.print(Text(text))
