"""What spark-submit.sh does beside running jobs: explaining, looking after tables, telling how things stand."""

import json
import re
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from motherlode.contracts.catalogue import TABLES, find_table
from motherlode.contracts.fields import ContractError
from motherlode.contracts.tables import Table
from motherlode.errors import Exit, UsageError

if TYPE_CHECKING:
    from motherlode.runner.context import Context


@dataclass(frozen=True)
class Command:
    """One command.

    Args:
        usage: what follows its name.
        doc: what it does, in a line.
        check: arguments to those of `run`, before a session is opened; raises UsageError.
        run: what it does.
        writes: tables, so that the keys must be those that they are made with.
        options: of the command line, those that mean something to it.
        is_trial: leaves nothing behind, so that it needs neither keys nor a declared source.
    """

    usage: str
    doc: str
    check: Callable[[Namespace], tuple[object, ...]]
    run: Callable[..., Exit]
    writes: bool = False
    options: tuple[str, ...] = ()
    is_trial: bool = False


def _table_of(name: str) -> Table:
    try:
        return find_table(name)
    except ContractError as error:
        raise UsageError(str(error)) from None


def _one_table(arguments: Namespace) -> tuple[object, ...]:
    if len(arguments.arguments) != 1:
        raise UsageError(
            f"{arguments.command} needs one table: {arguments.command} {COMMANDS[arguments.command].usage}"
        )
    return (_table_of(arguments.arguments[0]),)


def _for_history(arguments: Namespace) -> tuple[object, ...]:
    from motherlode.runner.run_log import RUN_LOG

    return (RUN_LOG,) if arguments.arguments == [RUN_LOG.full_name] else _one_table(arguments)


def _none(arguments: Namespace) -> tuple[object, ...]:
    if arguments.arguments:
        raise UsageError(f"{arguments.command} takes no further argument: {' '.join(arguments.arguments)}")
    return ()


def _for_explain(arguments: Namespace) -> tuple[object, ...]:
    if not arguments.arguments:
        raise UsageError("explain needs a table: explain TABLE KEY")
    return _table_of(arguments.arguments[0]), arguments.arguments[1:]


def _for_maintain(arguments: Namespace) -> tuple[object, ...]:
    return ([_table_of(name) for name in arguments.arguments] or list(TABLES.values()),)


def _for_try(arguments: Namespace) -> tuple[object, ...]:
    if len(arguments.arguments) != 2:
        raise UsageError("try needs a name and a file: try SOURCE FILE, as in try web /data/logs/web-2024-01-31.jsonl")
    name, file = arguments.arguments
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise UsageError(f"try {name}: a source is named as its file in conf/sources/ is, without .toml")
    return name, file, arguments.conf_dir


def _explain(context: "Context", table: Table, key: list[str]) -> Exit:
    from motherlode.runner.explain import explain

    explain(context, table, key)
    return Exit.DONE


def _try(context: "Context", name: str, file: str, conf_dir: Path) -> Exit:
    from motherlode.runner.trial import try_file

    return try_file(context, name, file, conf_dir)


def _status(context: "Context", as_json: bool) -> Exit:
    from motherlode.runner.show import out
    from motherlode.runner.status import as_grid, standings

    found = standings(context)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=1))
    else:
        out.print(as_grid(found))
    return Exit.DONE


def _history(context: "Context", table: Table) -> Exit:
    from motherlode.runner.show import out
    from motherlode.runner.upkeep import history

    out.print(history(context, table))
    return Exit.DONE


def _restore(context: "Context", table: Table, to: int | None) -> Exit:
    from motherlode.runner.show import out
    from motherlode.runner.upkeep import restore

    version = restore(context, table, to)
    out.print(f"{table.full_name} is what it was, as version {version}", markup=False)
    return Exit.DONE


def _rebuild(context: "Context", table: Table, since: object) -> Exit:
    from motherlode.runner.rebuild import rebuild
    from motherlode.runner.show import keep_log, say_result

    results = rebuild(context, table, since)  # type: ignore[arg-type]
    for number, result in enumerate(results, 1):
        say_result(number, len(results), result)
    keep_log(context)
    return Exit.DONE


def _replay(context: "Context", source: str | None, rule: str | None) -> Exit:
    from motherlode.runner.replay import replay
    from motherlode.runner.show import keep_log, out

    found = list(replay(context, source, rule))
    for one in found:
        stays = one.records - one.taken - one.repeated
        out.print(
            f"{one.job.name}: {one.records:,} records tried again: {one.taken:,} are taken in, {one.repeated:,} repeat"
            f" what was taken in, {stays:,} still break a rule",
            markup=False,
        )
    if not found:
        what = f"{' of ' + source if source else ''}{' by the rule ' + rule if rule else ''}"
        out.print(f"nothing{what} was set aside that could be tried again", markup=False)
    keep_log(context)
    return Exit.DONE


def _maintain(context: "Context", tables: list[Table]) -> Exit:
    from motherlode.runner.show import maintenance

    return maintenance(context, tables)


def _doctor(context: "Context", repair: bool) -> Exit:
    from motherlode.runner.show import diagnosis

    return diagnosis(context, repair)


COMMANDS: Mapping[str, Command] = {
    "try": Command(
        "SOURCE FILE",
        "what a file would become, and a draft of its source: writes nothing",
        _for_try,
        _try,
        is_trial=True,
    ),
    "explain": Command("TABLE KEY", "walk from a row back to the raw records that it rests on", _for_explain, _explain),
    "status": Command(
        "[--json]", "what ran, what is stale and why", lambda a: (*_none(a), a.json), _status, options=("as_of",)
    ),
    "history": Command("TABLE", "a table's versions: when, by what, how many rows", _for_history, _history),
    "restore": Command(
        "TABLE [--to VERSION]",
        "put a table back, by default to what its job left",
        lambda a: (*_one_table(a), a.to),
        _restore,
        writes=True,
        options=("to",),
    ),
    "rebuild": Command(
        "TABLE [--from DATE]",
        "derive a table again from the layer to its left",
        lambda a: (*_one_table(a), a.since),
        _rebuild,
        writes=True,
        options=("since", "as_of"),
    ),
    "replay": Command(
        "[--source NAME] [--rule RULE]",
        "take in again what was set aside, after what it broke was mended",
        lambda a: (*_none(a), a.source, a.rule),
        _replay,
        writes=True,
        options=("source", "rule"),
    ),
    "doctor": Command(
        "[--repair]",
        "what is damaged in state, checkpoints and logs, and what puts it right",
        lambda a: (*_none(a), a.repair),
        _doctor,
        options=("repair",),
    ),
    "maintain": Command(
        "[TABLE…]", "retention, compaction, deletion of old files", _for_maintain, _maintain, options=("as_of",)
    ),
}
