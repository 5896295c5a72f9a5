"""`python -m motherlode.runner.submit_args --profile NAME …`: spark-submit's options, one a line."""

import argparse
import sys
from pathlib import Path

from motherlode.errors import MotherlodeError
from motherlode.runner.session import spark_conf
from motherlode.settings import default_conf_dir, load_settings


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="spark-submit.sh", allow_abbrev=False)
    parser.add_argument("--profile", default="local")
    parser.add_argument("--conf-dir", type=Path, default=default_conf_dir())
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args(argv)
    try:
        settings = load_settings(args.conf_dir, args.profile, args.set)
        conf = spark_conf(settings)
    except MotherlodeError as error:
        print(f"motherlode: {error}", file=sys.stderr)
        return int(error.exit)
    options = ["--master", settings.spark.master, *settings.spark.submit]
    for key, value in conf.items():
        options += ["--conf", f"{key}={value}"]
    if any("\n" in option for option in options):
        print("motherlode: a Spark option holds a line break", file=sys.stderr)
        return 2
    print("\n".join(options))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
