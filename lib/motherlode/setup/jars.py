"""The jars of Delta, Spark's Kafka connector and PostgreSQL's driver, resolved once by Spark's own resolver and held
against checksums."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from motherlode.setup.steps import SetupError, run, say

# Their dependencies are optional integrations, or come with Spark: these are enough.
JARS = {
    "io.delta:delta-spark_4.2_2.13:4.4.0": "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead",
    "io.delta:delta-storage:4.4.0": "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
    "org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0": (
        "64539c45e5d39f7ddb747312c239f38f5208d08c1a0ddf7d70beb2fbd9373705"
    ),
    # The newest that is published; 4.2.0's connector runs with it.
    "org.apache.spark:spark-token-provider-kafka-0-10_2.13:4.0.0": (
        "f2be3b76f9e6cbe63379d4e4e0dc14f59dbf056ae2ad16ff15ac108004c86767"
    ),
    "org.apache.kafka:kafka-clients:3.9.1": "7568b998572d256f0b7bc0afdc1b7a2588b8b08415c62ce314c864a6851ae9d9",
    "org.apache.commons:commons-pool2:2.12.0": "6d3bd18df8410f3e31b031aca582cc109342358a62a2759ebd0c4cdf30d06f8b",
    "org.postgresql:postgresql:42.7.8": "2a32a9dcbc42d67a50ad3a0de5efd102c8d2be46720045f2cbd6689f160ab7c7",
}


def file_name(coordinate: str) -> str:
    _, artifact, version = coordinate.split(":")
    return f"{artifact}-{version}.jar"


def install(target: Path) -> None:
    """Put the jars into `target`, all or none; do nothing when they are there."""
    if target.is_dir() and all((target / file_name(jar)).is_file() for jar in JARS):
        verify(target)
        return
    say(f"fetching the jars of Delta, Kafka and PostgreSQL into {target} (once)")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".jars-", dir=target.parent) as scratch:
        ivy, staged = Path(scratch, "ivy").absolute(), Path(scratch, "jars")
        staged.mkdir()
        run(
            [sys.executable, "-m", "motherlode.setup.resolve", str(ivy), *JARS],
            log="jars",
            failure="Spark could not fetch the jars (is there a network?)",
        )
        for jar in JARS:
            organisation = jar.split(":")[0]
            shutil.copyfile(ivy / "jars" / f"{organisation}_{file_name(jar)}", staged / file_name(jar))
        verify(staged)
        shutil.rmtree(target, ignore_errors=True)
        staged.rename(target)


def verify(folder: Path) -> None:
    """Raise `SetupError` unless each jar in `folder` is, byte for byte, the pinned one."""
    for jar, expected in JARS.items():
        path = folder / file_name(jar)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != expected:
            raise SetupError(
                f"{path} is not the pinned file: sha256 {found}, not {expected}; "
                "remove it, and any copy that ~/.m2 or ~/.ivy2 has"
            )
