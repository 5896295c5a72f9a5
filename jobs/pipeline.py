"""Every job in the order of the graph, in one Spark session; also the entry of each single job."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str]) -> None:
    """Run `motherlode`'s command line and leave with its exit code."""
    from motherlode.runner.cli import main as run

    sys.exit(run(argv))


if __name__ == "__main__":
    main(sys.argv[1:])
