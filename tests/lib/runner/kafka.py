"""A real Kafka broker on loopback, from the published jars, which is started and may be killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyspark
import pytest
from pyspark.sql import SparkSession

from tests.ports import free_ports

ROOT = Path(__file__).resolve().parents[3]
COORDINATES = ("org.apache.kafka:kafka_2.13:4.1.1", "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3")
JARS = ROOT / "build/kafka"
SOURCE = """\
format = "segment"
target = "events"
channel = "web"
kafka = {{ servers = "{servers}", topic = "{topic}", begin = "{begin}" }}
"""
STARTS_WITHIN = 60.0
"""Seconds."""
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/logs
num.partitions=2
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=500
log.initial.task.delay.ms=100
"""


def broker_jars() -> Path:
    """The broker's jars, fetched once by Spark's resolver."""
    if not (JARS / ".ok").exists():
        script = (
            "import sys; from pyspark.sql import SparkSession;"
            "s = SparkSession.Builder().master('local[1]').config('spark.ui.enabled', 'false')"
            ".config('spark.jars.ivy', sys.argv[1]).getOrCreate();"
            "[s.sql(f\"ADD JAR 'ivy://{c}?transitive=true'\") for c in sys.argv[2:]]"
        )
        shutil.rmtree(JARS, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-c", script, str(JARS / "ivy"), *COORDINATES], capture_output=True, text=True, check=False
        )
        if made.returncode:
            pytest.skip(f"Kafka's jars could not be fetched: {made.stderr.strip().splitlines()[-1]}")
        (JARS / ".ok").touch()
    return JARS / "ivy/jars"


@dataclass
class Broker:
    """One broker: `start` after `kill` finds what it had."""

    folder: Path
    port: int
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def servers(self) -> str:
        return f"127.0.0.1:{self.port}"

    def java(self, main: str, *arguments: str) -> list[str]:
        options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        # Spark's resolver leaves out what Spark has itself.
        spark = Path(pyspark.__file__).parent / "jars"
        scala = [str(path) for path in sorted(spark.glob("scala-*.jar"))]
        return ["java", *options, "-cp", os.pathsep.join([f"{broker_jars()}/*", *scala]), main, *arguments]

    def start(self) -> None:
        with (self.folder / "broker.log").open("ab") as out:
            command = self.java("kafka.Kafka", str(self.folder / "server.properties"))
            self.processes.append(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT))
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError((self.folder / "broker.log").read_text()[-2000:])

    def kill(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()

    def create(self, spark: SparkSession, topic: str, partitions: int = 2, **settings: str) -> None:
        with self._admin(spark) as admin:
            jvm: Any = spark.sparkContext._jvm
            new = jvm.org.apache.kafka.clients.admin.NewTopic(topic, partitions, 1)
            new.configs({key.replace("_", "."): value for key, value in settings.items()})
            admin.createTopics([new]).all().get()

    def delete_before(self, spark: SparkSession, topic: str, partition: int, offset: int) -> None:
        """As the broker's retention does."""
        with self._admin(spark) as admin:
            jvm: Any = spark.sparkContext._jvm
            where = jvm.org.apache.kafka.common.TopicPartition(topic, partition)
            # By its constructor: py4j cannot tell the static method from the getter of that name.
            gateway: Any = spark.sparkContext._gateway
            kinds = gateway.new_array(jvm.java.lang.Class, 1)
            kinds[0] = jvm.java.lang.Long.TYPE
            loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
            made = loader.loadClass("org.apache.kafka.clients.admin.RecordsToDelete").getDeclaredConstructor(kinds)
            made.setAccessible(True)
            values = gateway.new_array(jvm.java.lang.Object, 1)
            values[0] = jvm.java.lang.Long.valueOf(str(offset))
            gone = {where: made.newInstance(values)}
            admin.deleteRecords(gone).all().get()

    def send(self, spark: SparkSession, topic: str, messages: list[str | bytes | None], partition: int = 0) -> None:
        rows = [(m.encode() if isinstance(m, str) else m, topic, partition) for m in messages]
        frame = spark.createDataFrame(rows, "value binary, topic string, partition int").coalesce(1)
        frame.write.format("kafka").option("kafka.bootstrap.servers", self.servers).save()

    @contextmanager
    def _admin(self, spark: SparkSession) -> Iterator[Any]:
        jvm: Any = spark.sparkContext._jvm
        properties = jvm.java.util.Properties()
        properties.setProperty("bootstrap.servers", self.servers)
        admin = jvm.org.apache.kafka.clients.admin.Admin.create(properties)
        try:
            yield admin
        finally:
            admin.close()


@contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """A broker of its own; skips, with a word, where it cannot be started."""
    if shutil.which("java") is None:
        pytest.skip("no java in PATH for Kafka's broker")
    port, controller = free_ports(2)
    made = Broker(folder, port)
    (folder / "server.properties").write_text(PROPERTIES.format(port=port, controller=controller, folder=folder))
    cluster = "MkU3OEVBNTcwNTJENDM2Qg"
    tool = made.java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(folder / "server.properties"))
    formatted = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert formatted.returncode == 0, formatted.stderr
    try:
        made.start()
        yield made
    finally:
        made.kill()


def conf_of(folder: Path, servers: str, topic: str, begin: str = "earliest") -> Path:
    """The conf/ of a business whose only source is a topic of web events."""
    conf = folder / "conf"
    shutil.copytree(ROOT / "conf", conf, ignore=shutil.ignore_patterns("sources"))
    (conf / "sources").mkdir()
    (conf / "sources/web.toml").write_text(SOURCE.format(servers=servers, topic=topic, begin=begin))
    return conf
