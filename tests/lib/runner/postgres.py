"""A real PostgreSQL on loopback, from Debian's package, with a password; never run as root, which it refuses."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.ports import free_ports

USER = "shop"
PASSWORD = "Tr0ub4dor-and-3"
STARTS_WITHIN = 60.0
"""Seconds."""
OPTIONS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "max_connections=20",
    "shared_buffers=16MB",
    # Not UTC: what is read must not depend on it.
    "timezone=America/New_York",
)


def _programs() -> Path:
    """The folder of Debian's newest, which is not in PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("no /usr/lib/postgresql/*/bin/initdb: Debian's package postgresql has it")
    return found[-1].parent


@dataclass
class Postgres:
    """One server: `start` after `stop` finds what it had."""

    folder: Path
    port: int
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = [part for option in OPTIONS for part in ("-c", option)]
        command = [*_as_nobody(), str(_programs() / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        with (self.folder / "server.log").open("ab") as out:
            made = subprocess.Popen([*command, *options], stdout=out, stderr=subprocess.STDOUT, cwd=self.folder)
        self.processes.append(made)
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and made.poll() is None:
            if self._psql("SELECT 1").returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "server.log").read_text()[-2000:])

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=STARTS_WITHIN)

    def run(self, sql: str) -> None:
        """Statements, each committed by itself."""
        made = self._psql(sql)
        assert made.returncode == 0, made.stderr

    def _psql(self, sql: str) -> "subprocess.CompletedProcess[str]":
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", "postgres"]
        command = [str(_programs() / "psql"), *where, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        return subprocess.run(command, input=sql, capture_output=True, text=True, check=False, env=environment)


def _as_nobody() -> list[str]:
    """How root runs something as another user."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server of its own; skips, with a word, where it is not installed."""
    programs = _programs()
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("no setpriv in PATH: root cannot run PostgreSQL")
    # Not below pytest's folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="motherlode-postgres-") as name:
        folder = Path(name)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, "nobody", "nogroup")
        made = Postgres(folder, *free_ports(1))
        how = ["-U", USER, f"--pwfile={secret}", "--auth=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
        command = [*_as_nobody(), str(programs / "initdb"), "-D", str(folder / "data"), *how]
        prepared = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert prepared.returncode == 0, prepared.stderr
        try:
            made.start()
            yield made
        finally:
            made.stop()
