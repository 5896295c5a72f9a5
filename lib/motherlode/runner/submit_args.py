"""`python -m motherlode.runner.submit_args --profile NAME …`: spark-submit's options, one a line."""

import argparse
import sys
from pathlib import Path

from motherlode.errors import Exit, MotherlodeError
from motherlode.runner.session import is_local_master, spark_conf
from motherlode.settings import Settings, default_conf_dir, load_settings, project
from motherlode.setup import environment
from motherlode.setup.steps import SetupError

_PYTHONPATH = "spark.executorEnv.PYTHONPATH"


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="spark-submit.sh", allow_abbrev=False)
    parser.add_argument("--profile", default="local")
    parser.add_argument("--conf-dir", type=Path, default=default_conf_dir())
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args(argv)
    try:
        settings = load_settings(args.conf_dir, args.profile, args.set)
        conf = {**spark_conf(settings), **_packages(settings)}
    except (MotherlodeError, SetupError, OSError) as error:
        print(f"motherlode: {error}", file=sys.stderr)
        return int(getattr(error, "exit", Exit.FAILED))
    options = ["--master", settings.spark.master, *settings.spark.submit]
    for key, value in conf.items():
        options += ["--conf", f"{key}={value}"]
    if any("\n" in option for option in options):
        print("motherlode: a Spark option holds a line break", file=sys.stderr)
        return 2
    print("\n".join(options))
    return 0


def _packages(settings: Settings) -> dict[str, str]:
    """Options that bring the Python packages to workers of other machines, beside what conf/ says of the same."""
    if is_local_master(settings.spark.master) or not settings.spark.send_packages:
        return {}
    packed = environment.build(project(), project() / "build").absolute()
    added = (("spark.archives", ",", f"{packed}#{environment.NAME}"), (_PYTHONPATH, ":", environment.NAME))
    given = settings.spark.conf
    return {key: f"{value}{between}{given[key]}" if key in given else value for key, between, value in added}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
