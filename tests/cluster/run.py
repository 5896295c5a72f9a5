"""The pipeline on a Standalone cluster that loses a worker in the middle, on all days of the world at once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from motherlode.setup.__main__ import spark_home
from tests.cluster.standalone import SHORT_LIVED, Cluster, get_json, signal_group, standalone, wait_for
from tests.e2e.world import ROOT, World, told
from tests.ports import free_ports

KEYS = ("MOTHERLODE_PSEUDONYM_KEY", "MOTHERLODE_CONTACT_KEY")
KILLED_IN = "identity.customer_map"
ENDS_WITHIN = 1800.0
"""Seconds, of a machine that does much else."""


@dataclass
class ClusterRun:
    """What a run on the cluster left, and the executor that was lost, as its driver saw it."""

    world: World
    folder: Path
    exit_code: int
    output: str
    lost: dict[str, Any]


@pytest.fixture(scope="session")
def on_cluster(
    world: World, day_added: object, new_world: Callable[[str, Path], World], tmp_path_factory: pytest.TempPathFactory
) -> ClusterRun:
    """All days at once: what the world is compared with after its last day came."""
    logs = Path(world.context.settings.paths.landing)
    made = new_world("on_cluster", logs)
    folder = tmp_path_factory.mktemp("cluster")
    # A Python of the driver's version without a single package.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "python"], check=True)
    keys = {name: os.environ[name] for name in KEYS}
    with standalone(Path(spark_home()), folder, keys) as cluster:
        (ui,) = free_ports(1)
        settings = (*told(made.folder, logs), *loopback(cluster.master, ui))
        driver = cluster.start(
            "driver",
            *(ROOT / "spark-submit.sh", "pipeline", "--profile", "standalone"),
            *(f"--set={setting}" for setting in settings),
            **keys,
            HOME=str(folder),
            PYSPARK_PYTHON=str(folder / "python/bin/python3"),
        )
        plan = made.folder / f"warehouse/_motherlode/plans/{KILLED_IN}.json"
        lost = lose_a_worker(cluster, driver, plan, f"http://127.0.0.1:{ui}/api/v1/applications")
        cluster.start_worker(**keys)
        exit_code = driver.wait(timeout=ENDS_WITHIN)
    return ClusterRun(made, folder, exit_code, cluster.log("driver").read_text(), lost)


def loopback(master: str, ui: int) -> Iterator[str]:
    """What the profile is told of this cluster, of small data and of the demo's business."""
    yield from (f"spark.master={master}", "business.zone=America/New_York")
    # As conf/demo.toml has it.
    yield from ("consent.analytics=true", "consent.personalisation=true", "consent.marketing=false")
    conf = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "1g",
        "spark.executor.cores": "1",
        # As conf/standalone.toml says, once all have the secret.
        "spark.authenticate": "true",
        "spark.network.crypto.enabled": "true",
        "spark.ui.port": str(ui),
        # Small data, for a short time: compiling code well, and writing plans down, costs more than it saves.
        "spark.driver.extraJavaOptions": SHORT_LIVED,
        "spark.executor.extraJavaOptions": SHORT_LIVED,
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.ui.explainMode": "simple",
        "spark.databricks.delta.snapshotPartitions": "1",
    }
    yield from (f"spark.conf.{key}={value}" for key, value in conf.items())


def lose_a_worker(cluster: Cluster, driver: subprocess.Popen[bytes], plan: Path, api: str) -> dict[str, Any]:
    """Kill a worker and its executor, while that runs a task and has a part of what cannot be computed again."""

    def checkpoint() -> str | None:
        assert driver.poll() is None, cluster.log("driver").read_text()[-4000:]
        if not plan.is_file():
            return None
        (app,) = get_json(api)
        kept = get_json(f"{api}/{app['id']}/storage/rdd")
        levels = [rdd["storageLevel"] for rdd in kept if rdd["numCachedPartitions"]]
        return app["id"] if any(level.endswith("2x Replicated") for level in levels) else None

    app = wait_for("checkpoint", checkpoint, ENDS_WITHIN)
    number = cluster.said("worker-0", r'"--executor-id" "(\d+)"')

    def executor(is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        known = get_json(f"{api}/{app}/allexecutors")
        return next((one for one in known if one["id"] == number and is_so(one)), None)

    # It stands still, so the task that it has when it dies is lost with it.
    victim = cluster.workers[0]
    signal_group(victim, signal.SIGSTOP)
    wait_for("task of a worker that stands still", lambda: executor(lambda one: one["activeTasks"] > 0))
    assert plan.is_file(), f"{KILLED_IN} was done before its worker could be killed"
    signal_group(victim, signal.SIGKILL)
    victim.wait()
    lost: dict[str, Any] = wait_for("lost executor", lambda: executor(lambda one: not one["isActive"]))
    return lost
