"""`--follow` on a real topic, its driver and its broker killed at random moments: each message is once in silver."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.runner.context import Context
from motherlode.settings import load_settings
from tests.lib.runner.kafka import ROOT, Broker, broker, conf_of

WITHIN = 300.0
"""Seconds, on a machine that does much else."""
SEED = 20_261_130


def page(number: int) -> str:
    said = {"type": "page", "messageId": f"m{number}", "anonymousId": f"a{number % 7}", "name": f"Page {number}"}
    return json.dumps({**said, "originalTimestamp": f"2018-02-01T10:00:{number % 60:02d}Z"})


class Driver:
    """`spark-submit.sh pipeline --follow`, in a group of its own."""

    def __init__(self, folder: Path, conf: Path) -> None:
        self.folder = folder
        settings = (
            f"paths.warehouse={folder / 'warehouse'}",
            f"paths.landing={folder}",
            f"paths.documents={folder}",
            f"paths.tracking=sqlite:///{folder / 'mlflow.db'}",
            f"paths.jars={ROOT / 'build/jars'}",
            "ingest.follow_seconds=0.2",
            "ingest.messages_per_batch=40",
        )
        options = [part for setting in settings for part in ("--set", setting)]
        command = ["spark-submit.sh", "pipeline", "--follow", "--profile", "demo", "--conf-dir", str(conf), *options]
        self.command = [str(ROOT / command[0]), *command[1:]]
        self.process = self.start()

    def start(self) -> "subprocess.Popen[bytes]":
        with (self.folder / "driver.log").open("ab") as out:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        return self.process

    def said(self) -> str:
        return (self.folder / "driver.log").read_text(errors="replace")

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """As a service is stopped."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=WITHIN)


def wait_for(what: str, driver: Driver, look: Callable[[], bool]) -> None:
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        assert driver.process.poll() is None, driver.said()[-3000:]
        if look():
            return
        time.sleep(0.2)
    raise AssertionError(f"no {what} within {WITHIN} s: {driver.said()[-3000:]}")


def test_each_message_is_once_in_silver_whoever_dies(spark: SparkSession, tmp_path: Path) -> None:
    draws = random.Random(SEED)
    with broker(tmp_path) as kafka:
        kafka.create(spark, "web")
        conf = conf_of(tmp_path, kafka.servers, "web")
        read = Context(spark, load_settings(conf, "demo", (f"paths.warehouse={tmp_path / 'warehouse'}",)))

        def events() -> int:
            return read.warehouse.newest(silver.EVENTS).count()

        send(spark, kafka, range(120))
        driver = Driver(tmp_path, conf)
        try:
            wait_for("event", driver, lambda: events() > 0)
            for numbers in (range(120, 200), range(200, 260)):
                send(spark, kafka, numbers)
                time.sleep(draws.uniform(0, 6))
                driver.kill()
                driver.start()
            before = events()
            wait_for("more events", driver, lambda: events() > before)
            kafka.kill()
            time.sleep(draws.uniform(0, 3))
            wait_for("word of the broker", driver, lambda: "does not answer" in driver.said())
            kafka.start()
            send(spark, kafka, range(260, 300))
            wait_for("event of every message", driver, lambda: events() >= 300)
            assert driver.end() == 128 + signal.SIGTERM, driver.said()[-3000:]
        finally:
            if driver.process.poll() is None:
                driver.kill()
        names = [row["name"] for row in read.warehouse.newest(silver.EVENTS).select("name").collect()]
    assert sorted(names) == sorted(f"Page {number}" for number in range(300))
    assert "goes on" in driver.said()


def send(spark: SparkSession, kafka: Broker, numbers: range) -> None:
    """Half to each partition."""
    for partition in (0, 1):
        kafka.send(spark, "web", [page(n) for n in numbers if n % 2 == partition], partition)
