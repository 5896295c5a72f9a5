"""The command that each profile comes to, as `--dry-run` prints it."""

import re
import shlex
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from motherlode.setup.jars import JARS, file_name

ROOT = Path(__file__).parents[2]
CLUSTERS = ("standalone", "yarn", "kubernetes")
PURPOSES = ("analytics", "personalisation", "marketing")
SECRET = "dGhpcy1pcy1hLWtleS1vZi10aGlydHktdHdvLWJ5dGU"


@dataclass(frozen=True)
class Command:
    """What would be run: variables, spark-submit's options, Spark's own options, the script and its arguments."""

    environ: dict[str, str]
    options: list[str]
    conf: dict[str, str]
    script: list[str]


@cache
def command(profile: str, *settings: str) -> Command:
    consent = [part for name in PURPOSES for part in ("--set", f"consent.{name}=false")]
    given = ["pipeline", "--profile", profile, *consent, *settings]
    keys = {"MOTHERLODE_PSEUDONYM_KEY": f"{SECRET}=", "MOTHERLODE_CONTACT_KEY": f"{SECRET}="}
    done = subprocess.run(
        [ROOT / "spark-submit.sh", *given, "--dry-run"],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **keys},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert SECRET not in done.stdout
    (line,) = done.stdout.splitlines()
    words = shlex.split(line)
    at = next(n for n, word in enumerate(words) if "=" not in word)
    assert words[at].endswith("/bin/spark-submit")
    end = words.index(f"{ROOT}/jobs/pipeline.py")
    assert words[end + 1 :] == [*given, "--dry-run"]
    options, conf = [], {}
    rest = iter(words[at + 1 : end])
    for word in rest:
        if word == "--conf":
            key, _, value = next(rest).partition("=")
            assert key not in conf
            conf[key] = value
        else:
            options.append(word)
    return Command(dict(word.split("=", 1) for word in words[:at]), options, conf, words[end:])


@pytest.mark.parametrize(
    ("profile", "options"),
    [
        ("local", ["--master", "local[*]"]),
        ("demo", ["--master", "local[*]"]),
        ("standalone", ["--master", "spark://master.example:7077"]),
        ("yarn", ["--master", "yarn", "--deploy-mode", "client"]),
        ("kubernetes", ["--master", "k8s://https://kubernetes.example:6443", "--deploy-mode", "client"]),
    ],
)
def test_the_command(profile: str, options: list[str]) -> None:
    made = command(profile)
    assert made.options == ["--py-files", f"{ROOT}/build/motherlode.zip", *options]
    assert made.conf["spark.sql.extensions"] == "io.delta.sql.DeltaSparkSessionExtension"
    assert [Path(jar).name for jar in made.conf["spark.jars"].split(",")] == sorted(map(file_name, JARS))
    python = f"{ROOT}/.venv/bin/python"
    assert made.environ["PYSPARK_DRIVER_PYTHON"] == python
    assert made.environ["PYSPARK_PYTHON"] == ("python3" if profile in CLUSTERS else python)
    assert made.environ["MOTHERLODE_HOME"] == str(ROOT)


@pytest.mark.parametrize("profile", CLUSTERS)
def test_a_clusters_options(profile: str) -> None:
    conf = command(profile).conf
    true = [
        "spark.sql.adaptive.enabled",
        "spark.sql.adaptive.skewJoin.enabled",
        "spark.dynamicAllocation.enabled",
        "spark.dynamicAllocation.shuffleTracking.enabled",
        "spark.io.encryption.enabled",
        # A Standalone cluster has to be given a secret first.
        *(["spark.authenticate", "spark.network.crypto.enabled"] if profile != "standalone" else []),
    ]
    assert {key: conf.get(key) for key in true} == dict.fromkeys(true, "true")
    assert int(conf["spark.dynamicAllocation.minExecutors"]) >= 2
    assert conf["spark.sql.shuffle.partitions"] == "400"


@pytest.mark.parametrize("profile", CLUSTERS)
def test_a_clusters_workers_get_the_packages(profile: str) -> None:
    conf = command(profile).conf
    archive, _, name = conf["spark.archives"].partition("#")
    with tarfile.open(archive) as tar:
        packed = {entry.split("/")[0] for entry in tar.getnames()}
    assert packed >= {"pyarrow", "numpy", "pandas", "scipy", "cryptography", "phonenumbers", "crawleruseragents"}
    assert not packed & {"pyspark", "mlflow", "altair"}
    assert conf["spark.executorEnv.PYTHONPATH"] == name == "environment"


def test_packages_are_not_sent_where_they_are() -> None:
    for conf in (command("local").conf, command("yarn", "--set", "spark.send_packages=false").conf):
        assert not {"spark.archives", "spark.executorEnv.PYTHONPATH"} & conf.keys()


def test_packages_go_beside_ones_own_archives() -> None:
    given = ("--set", "spark.conf.spark.archives=own.zip#own", "--set", "spark.conf.spark.executorEnv.PYTHONPATH=own")
    conf = command("yarn", *given).conf
    assert re.fullmatch(r".*\.tar\.gz#environment,own\.zip#own", conf["spark.archives"])
    assert conf["spark.executorEnv.PYTHONPATH"] == "environment:own"


def test_keys_come_from_a_secret_on_kubernetes() -> None:
    named = {key: value for key, value in command("kubernetes").conf.items() if "MOTHERLODE" in key}
    assert named == {
        "spark.kubernetes.executor.secretKeyRef.MOTHERLODE_PSEUDONYM_KEY": "motherlode-keys:pseudonym",
        "spark.kubernetes.executor.secretKeyRef.MOTHERLODE_CONTACT_KEY": "motherlode-keys:contact",
    }


@pytest.mark.parametrize("profile", ["local", *CLUSTERS])
def test_what_is_secret_is_redacted_and_the_rest_is_not(profile: str) -> None:
    hidden = re.compile(command(profile).conf["spark.redaction.regex"])
    for name in (
        "MOTHERLODE_PSEUDONYM_KEY",
        "MOTHERLODE_CONTACT_KEY",
        "spark.authenticate.secret",
        "spark.hadoop.fs.s3a.access.key",
        "spark.hadoop.fs.azure.account.key.x",
        "AWS_SESSION_TOKEN",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "spark.ssl.keyPassword",
    ):
        assert hidden.search(name), name
    for name in ("spark.master", "spark.sql.shuffle.partitions", "spark.jars", "MOTHERLODE_HOME", "spark.app.name"):
        assert not hidden.search(name), name
