"""`python -m motherlode.setup …`: see `--help`."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from motherlode.setup import archive, check, jars, keys, venv
from motherlode.setup.steps import SetupError, say


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="motherlode.setup", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="is Java here and new enough?")
    commands.add_parser("create", help="make an empty .venv")
    commands.add_parser("install", help="fill .venv from the lock").add_argument("--dev", action="store_true")
    commands.add_parser("lock", help="resolve the lock file").add_argument("--upgrade", action="store_true")
    commands.add_parser("jars", help="fetch the Delta jars").add_argument("--to", type=Path, required=True)
    commands.add_parser("keys", help="make the demo's keys").add_argument("--to", type=Path, required=True)
    submit = commands.add_parser("submit", help="build the zip and print where Spark is")
    submit.add_argument("--root", type=Path, required=True)
    submit.add_argument("--zip", type=Path, required=True)
    args = parser.parse_args(argv)
    try:
        match args.command:
            case "check":
                check.require_java(os.environ)
            case "create":
                venv.create()
            case "install":
                venv.install(dev=args.dev)
            case "lock":
                venv.lock(upgrade=args.upgrade)
            case "jars":
                jars.install(args.to)
            case "keys":
                keys.create(args.to)
            case "submit":
                check.require_java(os.environ)
                home = spark_home()
                archive.build(args.root, args.zip)
                print(home)
    except (SetupError, OSError) as error:
        for line in getattr(error, "tail", ()):
            print(f"    {line}", file=sys.stderr)
        say(str(error))
        return 2 if isinstance(error, SetupError) else 1  # as motherlode.errors.Exit has it
    return 0


def spark_home() -> str:
    """The Spark of the pyspark that Python would import (importing it takes a second), else $SPARK_HOME."""
    spec = find_spec("pyspark")
    if spec and spec.submodule_search_locations:
        bundled = spec.submodule_search_locations[0]
        if Path(bundled, "bin", "spark-submit").is_file():
            return bundled
    if home := os.environ.get("SPARK_HOME"):
        return home
    raise SetupError(
        f"pyspark is not installed for {sys.executable}: run `make setup`, or name another in PYSPARK_PYTHON"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
