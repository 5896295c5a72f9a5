"""The run log: a Delta table with a row for each run of each job, for whoever watches, charts and plans capacity.

The runner itself rests on the JSON files beside it: they are there before the row is, and what is missing of them is
appended after the jobs of an invocation, in one commit.
"""

import datetime
import uuid
from contextlib import suppress
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql.types import MapType

from motherlode.contracts.fields import DATE, DOUBLE, LONG, STRING, TIMESTAMP, Field
from motherlode.contracts.tables import Layer, Table
from motherlode.runner.context import Context
from motherlode.runner.lease import LeaseHeldError, held
from motherlode.runner.storage import DamagedError
from motherlode.runner.warehouse import Transaction

KEPT = 20
"""Of each job's JSON files, for `doctor`; the table has them all."""
VERSIONS = MapType(STRING, LONG)
RUN_LOG = Table(
    layer=Layer.SERVING,
    name="run_log",
    doc="Every run that did something: what it read and left, how long it took, what did not fit in memory",
    owner="runner",
    fields=(
        Field("job", STRING, "The job"),
        Field("run", LONG, "Counts the job's runs: the number that its commits carry"),
        Field("started_at", TIMESTAMP, "When it started"),
        Field("seconds", DOUBLE, "How long it took"),
        Field(
            "spilled_bytes", LONG, "Written to disk since memory was short; null where Spark did not say", nullable=True
        ),
        Field("as_of", DATE, "The business day that it computed for", nullable=True),
        Field("code", STRING, "Hash of the code"),
        Field("options", STRING, "Hash of its settings"),
        Field("inputs", VERSIONS, "Version of each table that it read"),
        Field("models", MapType(STRING, STRING), "Version of each model that it read"),
        Field("outputs", VERSIONS, "Version of each of its tables afterwards"),
        Field("rows", VERSIONS, "Rows of each of its tables afterwards"),
    ),
    key=("job", "run"),
)


def keep(context: Context) -> int:
    """Append the runs that the table lacks; how many. Who comes while another process does so leaves it to that."""
    with (
        suppress(LeaseHeldError),
        held(context.warehouse.storage, context.state.lease(RUN_LOG.name), context.pids) as lease,
    ):
        rows = _missing(context)
        if rows:
            lease.check()
            frame = context.spark.createDataFrame(rows, RUN_LOG.schema)
            context.warehouse.append(RUN_LOG, frame.coalesce(1), Transaction(f"run_log:{uuid.uuid4().hex}", 1))
            for job in {row["job"] for row in rows}:
                context.state.forget_runs(job, KEPT)
        return len(rows)
    return 0


def _missing(context: Context) -> list[dict[str, Any]]:
    newest = context.warehouse.newest(RUN_LOG).groupBy("job").agg(F.max("run").alias("run")).collect()
    known = {row.job: row.run for row in newest}
    storage, root = context.warehouse.storage, f"{context.state.root}/runs"
    rows = []
    for job in storage.names(root):
        for name in storage.names(f"{root}/{job}"):
            number = name.removesuffix(".json")
            if number.isdigit() and int(number) > known.get(job, 0):
                with suppress(DamagedError):
                    rows.append(_row(storage.read_json(f"{root}/{job}/{name}") or {}))
    return rows


def _row(run: dict[str, Any]) -> dict[str, Any]:
    plan = run["plan"]
    return {
        "job": plan["job"],
        "run": plan["sequence"],
        "started_at": datetime.datetime.fromisoformat(run["started_at"]),
        "seconds": float(run["seconds"]),
        "spilled_bytes": run.get("spilled_bytes"),
        "as_of": datetime.date.fromisoformat(plan["as_of"]) if plan["as_of"] else None,
        "code": plan["code"],
        "options": plan["options"],
        "inputs": plan["inputs"],
        "models": plan["models"],
        "outputs": run["outputs"],
        "rows": run["rows"],
    }
