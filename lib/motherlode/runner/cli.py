"""The command line behind spark-submit.sh: one job, the whole pipeline, explain, the graph."""

import argparse
import datetime
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from motherlode.contracts.jobs import Job
from motherlode.errors import Exit, MotherlodeError, UsageError
from motherlode.runner import faults, show
from motherlode.runner.commands import COMMANDS
from motherlode.runner.failure import explain_failure
from motherlode.settings import default_conf_dir, load_settings

if TYPE_CHECKING:
    from motherlode.runner.context import Context
    from motherlode.runner.run import Result

EXITS = """\
KEY is the row's key: its values in the order of the table's key, separated by commas, or name=value pairs.
Without KEY, explain shows how the table's key looks.

Exit codes: 0 done or nothing to do, 1 failed, 2 usage or configuration, 3 the data breaks a contract or a limit, 4
another process runs the job."""


def usage() -> str:
    """What can be run, a line each."""
    lines = {
        "pipeline": "run every job, in the order of the graph",
        "silver.events": "run one job: LAYER.NAME, or NAME where it is clear",
        **{f"{name} {command.usage}".rstrip(): command.doc for name, command in COMMANDS.items()},
        "--list [--json]": "show the graph",
    }
    return "\n".join(f"  ./spark-submit.sh {what:<28} {does}" for what, does in lines.items()) + f"\n\n{EXITS}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; --help shows how")


def parser() -> argparse.ArgumentParser:
    made = _Parser(
        prog="spark-submit.sh",
        description="Motherlode: from raw customer logs to serving tables.",
        epilog=usage(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("command", nargs="?", metavar="JOB|COMMAND", help="what to run")
    made.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="what a command takes")
    made.add_argument("--profile", default="local", metavar="NAME", help="conf/NAME.toml (default: local)")
    made.add_argument(
        "--conf-dir", type=Path, default=default_conf_dir(), metavar="DIR", help="default: the project's conf"
    )
    made.add_argument(
        "--set", action="append", default=[], metavar="a.b=value", help="override one setting; may be repeated"
    )
    made.add_argument(
        "--as-of",
        type=_day,
        metavar="DATE",
        help="the business day to compute for (default: the last complete one in silver)",
    )
    made.add_argument(
        "--wait",
        type=float,
        default=0,
        metavar="MINUTES",
        help="wait for another process that runs the job (default: leave)",
    )
    made.add_argument("--follow", action="store_true", help="take in what comes, until told to stop")
    made.add_argument("--to", type=int, metavar="VERSION", help="of `restore`")
    made.add_argument("--from", dest="since", type=_day, metavar="DATE", help="of `rebuild`")
    made.add_argument("--source", metavar="NAME", help="of `replay`: only what came from that source")
    made.add_argument("--rule", metavar="RULE", help="of `replay`: only what broke that rule")
    made.add_argument("--repair", action="store_true", help="of `doctor`: put right what can be put right")
    made.add_argument("--list", action="store_true", help="print the graph and stop")
    made.add_argument("--dry-run", action="store_true", help="print the spark-submit command and stop")
    made.add_argument("--verbose", action="store_true", help="with a traceback, if something fails")
    made.add_argument("--json", action="store_true", help="of --list and `status`: as JSON, for a scheduler")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command line and return its exit code; an expected failure is one line."""
    verbose = "--verbose" in argv
    try:
        return int(_run(parser().parse_args(argv)))
    except KeyboardInterrupt:
        show.say_error("interrupted: what was not finished is done again by the next run")
        return 130
    except Exception as error:
        if verbose:
            traceback.print_exc()
        line, code = explain_failure(error)
        show.say_error(line)
        return int(code)


def _run(arguments: argparse.Namespace) -> Exit:
    from motherlode.runner.follow import followers
    from motherlode.runner.registry import all_jobs, find_job, job_needs

    known = all_jobs()
    if arguments.list:
        print(show.graph_json(known, job_needs()) if arguments.json else show.graph(known))
        return Exit.DONE
    if arguments.json and arguments.command != "status":
        raise UsageError("--json goes with --list and status")
    if not arguments.command:
        raise UsageError("what to run? A job, pipeline or a command; --help shows how, --list the jobs")
    kinds = {job.params for job in known.values() if job.params}
    command = COMMANDS.get(arguments.command)
    is_trial = command is not None and command.is_trial
    settings = load_settings(
        arguments.conf_dir, arguments.profile, arguments.set, sorted(kinds, key=str), wants_sources=not is_trial
    )
    _check_options(arguments, command.options if command else ("as_of", "follow"))
    faults.check(known)
    asked = command.check(arguments) if command else ()
    chosen: list[Job] = []
    if command is None:
        if arguments.arguments:
            raise UsageError(f"{arguments.command} takes no further argument: {' '.join(arguments.arguments)}")
        chosen = list(known.values()) if arguments.command == "pipeline" else [find_job(arguments.command)]
        chosen = followers(chosen) if arguments.follow else chosen
    marks = {} if is_trial else check_keys()

    from motherlode.runner.context import Context
    from motherlode.runner.session import open_session, without_traces

    settings = without_traces(settings) if is_trial else settings
    spark = open_session(f"motherlode {arguments.command}", settings, verbose=arguments.verbose)
    context = Context(spark, settings, arguments.as_of, wait=60 * arguments.wait)
    if command is None or command.writes:
        context.state.keep_keys(marks)
    if command is not None:
        return command.run(context, *asked)
    return _follow(context, chosen) if arguments.follow else _jobs(context, chosen)


def _follow(context: "Context", chosen: Sequence[Job]) -> Exit:
    from motherlode.runner.follow import follow, told_to_stop

    place = {job.name: number for number, job in enumerate(chosen, 1)}
    with told_to_stop() as stop:
        show.out.print(f"following with {len(chosen)} jobs, until ended by SIGTERM or Ctrl-C", markup=False)
        follow(
            context,
            chosen,
            stop,
            say=show.say_error,
            show=lambda result: show.say_result(place[result.job.name], len(chosen), result),
            keep_log=lambda: show.keep_log(context),
        )
    return Exit.DONE


def _check_options(arguments: argparse.Namespace, allowed: Sequence[str]) -> None:
    """What would be left aside in silence is refused."""
    for name, option in (
        ("as_of", "--as-of"),
        ("to", "--to"),
        ("since", "--from"),
        ("source", "--source"),
        ("rule", "--rule"),
        ("repair", "--repair"),
        ("follow", "--follow"),
    ):
        if name not in allowed and getattr(arguments, name) not in (None, False):
            raise UsageError(f"{option} does not go with {arguments.command}; --help shows what does")


def _jobs(context: "Context", chosen: Sequence[Job]) -> Exit:
    from motherlode.runner import run_log
    from motherlode.runner.documents import document_path
    from motherlode.runner.run import run_job

    started = time.monotonic()
    results: list[Result] = []
    for number, job in enumerate(chosen, 1):
        try:
            with show.working(number, len(chosen), job):
                result = run_job(context, job)
        except Exception as error:
            if results:
                with suppress(Exception):  # what failed first is what has to be said
                    run_log.keep(context)
                show.summary(context, results, started)
            line, code = explain_failure(error)
            raise _StoppedError(line if line.startswith(f"{job.name}: ") else f"{job.name}: {line}", code) from error
        show.say_result(number, len(chosen), result)
        results.append(result)
    if any(result.status == "done" for result in results):
        show.keep_log(context)
    show.summary(context, results, started)
    for result in results:
        for document in result.job.documents:
            show.out.print(f"{document.name}: {document_path(context.settings.paths, document)}", markup=False)
    return Exit.DONE


class _StoppedError(MotherlodeError):
    def __init__(self, line: str, code: Exit) -> None:
        super().__init__(line)
        self.exit = code


def check_keys() -> dict[str, str]:
    """Both keys must be in the environment before anything is read: a mark of each, by name.

    Raises:
        UsageError: one is missing or malformed.
    """
    from motherlode.columns.keys import CONTACT_KEY, PSEUDONYM_KEY, mark_of

    return {name: mark_of(name) for name in (PSEUDONYM_KEY, CONTACT_KEY)}


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: write the day as 2017-12-30") from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
