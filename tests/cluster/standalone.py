"""A Standalone master and its workers on loopback, started as strangers would: without our packages and paths."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

Found = TypeVar("Found")
STARTS_WITHIN = 60.0
"""Seconds."""

SHORT_LIVED = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""For a JVM that will not earn what its better compiler costs."""


def wait_for(what: str, look: Callable[[], Found | None], seconds: float = STARTS_WITHIN) -> Found:
    """What `look` finds, once it does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError):  # what is looked at may not be there yet
            if found := look():
                return found
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {seconds} s")


def get_json(url: str) -> Any:
    with urlopen(url, timeout=10) as answer:
        return json.load(answer)


@dataclass
class Cluster:
    """Processes that are started here, each with what it starts in a group of its own, and ended with the test."""

    spark_home: Path
    folder: Path
    base: Mapping[str, str]
    groups: list[subprocess.Popen[bytes]] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    master: str = ""
    master_ui: str = ""

    def start(self, name: str, *command: str | Path, **environ: str) -> subprocess.Popen[bytes]:
        """Start a program, its output in `NAME.log`."""
        with self.log(name).open("wb") as out:
            process = subprocess.Popen(
                command,
                env={**self.base, **environ},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.groups.append(process)
        return process

    def start_master(self) -> None:
        daemon = "org.apache.spark.deploy.master.Master"
        where = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        self.start("master", self.spark_home / "bin/spark-class", daemon, *where)
        self.master = wait_for("master", lambda: self.said("master", r"Starting Spark master at (spark://\S+)"))
        self.master_ui = wait_for("master's UI", lambda: self.said("master", r"MasterWebUI.* (http://\S+:\d+)"))

    def start_worker(self, **environ: str) -> None:
        name = f"worker-{len(self.workers)}"
        daemon = "org.apache.spark.deploy.worker.Worker"
        where = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0", "--work-dir", self.folder / name)
        what = ("--cores", "1", "--memory", "2g", self.master)
        self.workers.append(self.start(name, self.spark_home / "bin/spark-class", daemon, *where, *what, **environ))

    def alive(self) -> list[dict[str, Any]]:
        """The workers that the master counts on."""
        return [worker for worker in get_json(f"{self.master_ui}/json/")["workers"] if worker["state"] == "ALIVE"]

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, name: str, pattern: str) -> str | None:
        found = re.search(pattern, self.log(name).read_text(errors="replace"))
        return found[1] if found else None

    def end(self) -> None:
        for process in self.groups:
            signal_group(process, signal.SIGKILL)
            process.wait()
        # The packages, unpacked for each executor, and shuffles: a gigabyte that pytest would keep.
        shutil.rmtree(self.folder / "local", ignore_errors=True)
        for unpacked in self.folder.glob("worker-*/app-*/*/environment"):
            shutil.rmtree(unpacked, ignore_errors=True)


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To a process and what it started, all at one time."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


@contextmanager
def standalone(spark_home: Path, folder: Path, keys: Mapping[str, str]) -> Iterator[Cluster]:
    """A master and two workers of one core and 2 GB each, whose environment has the keys; the peers share a secret."""
    java = shutil.which(f"{os.environ['JAVA_HOME']}/bin/java" if "JAVA_HOME" in os.environ else "java")
    assert java, "no Java"
    conf = folder / "conf"
    conf.mkdir()
    (conf / "spark-defaults.conf").write_text(
        "spark.master.rest.enabled false\n"
        f"spark.authenticate true\nspark.authenticate.secret {secrets.token_hex(16)}\n"
        "spark.network.crypto.enabled true\nspark.network.crypto.authEngineVersion 2\n"
        "spark.network.crypto.cipher AES/GCM/NoPadding\n"
    )
    base = {
        "PATH": f"{Path(java).parent}:/usr/local/bin:/usr/bin:/bin",
        "SPARK_HOME": str(spark_home),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": SHORT_LIVED,
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        **({"JAVA_HOME": os.environ["JAVA_HOME"]} if "JAVA_HOME" in os.environ else {}),
    }
    cluster = Cluster(spark_home, folder, base)
    try:
        cluster.start_master()
        for _ in range(2):
            cluster.start_worker(**keys)
        wait_for("two workers", lambda: len(cluster.alive()) == 2)
        yield cluster
    finally:
        cluster.end()
