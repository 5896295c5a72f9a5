"""How a set-up step speaks: one short line, its noise in a log file, that file's last lines if it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LOGS = Path("build/logs")
TAIL_LINES = 8


class SetupError(Exception):
    """Something the user has to mend; the message says what and how, in one line; `tail` is a log's end."""

    def __init__(self, message: str, tail: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.tail = tuple(tail)


def say(message: str) -> None:
    print(f"motherlode: {message}", file=sys.stderr, flush=True)


def run(command: Sequence[str | Path], *, log: str, failure: str) -> None:
    """Run `command`, its output in build/logs; raise `SetupError` if it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    with path.open("ab+") as out:
        out.write(f"$ {' '.join(map(str, command))}\n".encode())
        out.flush()
        start = out.tell()
        status = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        ).returncode
        if status:
            out.seek(start)
            lines = out.read().decode(errors="replace").splitlines()
            tail = [line for line in lines if line.strip()][-TAIL_LINES:]
            raise SetupError(f"{failure}; the whole log is in {path}", tail)
