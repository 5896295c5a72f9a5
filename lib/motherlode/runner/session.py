"""The Spark session of a run, and the same options for spark-submit."""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlparse

from pyspark.sql import SparkSession

from motherlode.errors import UsageError
from motherlode.settings import Settings

# What every profile needs, whatever conf/ says.
FIXED = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # A run that died, or was idle, for longer than Delta keeps files finds its plan's versions all the same.
    "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration": "false",
    # What it did is in our own words; two commits for each table and night would push real ones out of the log.
    "spark.databricks.delta.vacuum.logging.enabled": "false",
    "spark.redaction.regex": "(?i)secret|password|token|key|credential",
}


def spark_conf(settings: Settings) -> dict[str, str]:
    """Every Spark option of the profile, the Delta jars included.

    Raises:
        UsageError: the jars' folder is empty.
    """
    conf = {**settings.spark.conf, **FIXED}
    # Nothing lies there, but Spark makes the folder, else where it was started.
    conf.setdefault("spark.sql.warehouse.dir", f"{settings.paths.warehouse.rstrip('/')}/_motherlode/spark")
    folder = settings.paths.jars
    if folder:
        jars = sorted(str(path.resolve()) for path in Path(folder).glob("*.jar"))
        if not jars:
            raise UsageError(f"{folder}: no Delta jars there; `make setup` fetches them")
        conf["spark.jars"] = ",".join(jars)
    return conf


def open_session(app: str, settings: Settings, verbose: bool = False) -> SparkSession:
    """The session, started with the profile's options unless spark-submit already has."""
    if is_local_master(settings.spark.master):
        # The workers of this machine run what the driver runs.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName(app).master(settings.spark.master)
    for key, value in spark_conf(settings).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    # Spark's own errors can print values from the data, and we say in one line what a user can act on.
    session.sparkContext.setLogLevel("WARN" if verbose else "OFF")
    return session


def without_traces(settings: Settings) -> Settings:
    """The same for a session that makes no folder in the warehouse."""
    conf = {**settings.spark.conf, "spark.sql.warehouse.dir": Path(tempfile.gettempdir()).as_uri()}
    return replace(settings, spark=replace(settings.spark, conf=conf))


def is_local_master(master: str) -> bool:
    """Whether the workers run in the driver's own process."""
    return master == "local" or master.startswith("local[")


def is_local(uri: str) -> bool:
    """Whether a path of conf/ lies on this machine."""
    return urlparse(uri).scheme in ("", "file")


def local_path(uri: str) -> Path:
    """The path of a local URI."""
    return Path(uri.removeprefix("file:").removeprefix("//"))
