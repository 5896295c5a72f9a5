"""Append: what is new in one input, by Structured Streaming; its offset log is the plan of each batch."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql import DataFrame
from pyspark.sql.streaming.query import StreamingQuery

from motherlode.contracts.jobs import Append, Contents, Job, Outputs, Previous
from motherlode.contracts.tables import Table
from motherlode.errors import MotherlodeError, UsageError
from motherlode.runner.context import Context
from motherlode.runner.jdbc import in_words
from motherlode.runner.landing import read_contents
from motherlode.runner.lease import Lease
from motherlode.runner.planner import Planner
from motherlode.runner.state import Done, Plan, Versions, code_digest
from motherlode.runner.warehouse import Transaction

_UNREADABLE = re.compile(
    "CHECKPOINT_MISSING|STREAMING_CHECKPOINT|Incomplete log file|log file was malformed|batch -?[0-9]+ doesn't exist"
    "|Multiple streaming queries|Checksum|UNSUPPORTED_LOG_VERSION|MALFORMED_LOG|JsonParseException"
)


def follow(planner: Planner, lease: Lease, last: Done | None) -> tuple[Plan, Versions] | None:
    """Take in all that is new in what the job follows: the plan and the versions left; None where nothing is new."""
    job = planner.job
    if not isinstance(job.mode, Append) or job.followed is None:
        raise MotherlodeError(f"job {job.name}: follows no table")
    version = planner.warehouse.content_version(job.followed)
    if version is None or (last is not None and version == last.plan.contents[planner.stream]):
        return None
    _check_checkpoint(planner, last)
    return _Follower(planner, lease, job.mode, job.followed, last).run(version)


def _check_checkpoint(planner: Planner, last: Done | None) -> None:
    """Before a checkpoint is made: without the one of before, all that was taken in would be taken in again.

    Raises:
        MotherlodeError: it is gone, or another one.
    """
    job, state, warehouse = planner.job, planner.context.state, planner.warehouse
    known = state.known_checkpoint(job.name)
    if last is not None and last.plan.checkpoint not in (None, known):
        raise UsageError(
            f"{state.checkpoint(job.name)}: is gone, or another one than that of the last run:"
            " `./spark-submit.sh doctor --repair` puts it back"
        )
    if last is None and known is None:
        for table in job.tables:
            if any(commit.is_of(planner.application(table)) for commit in warehouse.commits(table)):
                raise UsageError(
                    f"{table.full_name}: holds what this job took in, and {state.root} does not know of it: put"
                    " that folder back, or give another paths.warehouse, which is filled from the landing folder"
                )


class _Follower:
    def __init__(
        self,
        planner: Planner,
        lease: Lease,
        mode: Append,
        stream: Table,
        last: Done | None,
    ) -> None:
        self.planner = planner
        self.context = planner.context
        self.warehouse = planner.warehouse
        self.job = planner.job
        self.lease = lease
        self.mode = mode
        self.stream = stream
        self.last = last
        self.failure: Exception | None = None

    def run(self, version: int) -> tuple[Plan, Versions]:
        folder = self.context.state.checkpoint(self.job.name)
        self.application = self.context.state.checkpoint_id(self.job.name)
        plan = Plan(
            job=self.job.name,
            sequence=self.last.plan.sequence + 1 if self.last else 1,
            code=code_digest(),
            options="",
            inputs={self.planner.stream: version, **self._static_versions()},
            contents={self.planner.stream: version},
            models={},
            outputs=self.planner.versions(),
            as_of=None,
        )
        self.plan = plan
        rows = (
            self.context.spark.readStream.format("delta")
            .option("skipChangeCommits", "true")
            .option("maxFilesPerTrigger", str(self.context.settings.ingest.files_per_batch))
            .load(self.warehouse.path(self.stream))
            .select(*self.stream.columns)
        )
        if self.mode.only is not None:
            rows = rows.where(self.mode.only(self.planner.params))
        query = self._start(rows, folder)
        try:
            query.awaitTermination()
        except StreamingQueryException as error:
            # The stream's own exception only wraps ours.
            raise self.failure or _in_words(self.job, error) from None
        finally:
            query.stop()
        # What arrived after the plan may be in it too.
        consumed = max(self.context.state.consumed(self.job.name) or 0, version)
        name, content = self.planner.stream, self.warehouse.content_version(self.stream, consumed)
        inputs = {**plan.inputs, name: consumed}
        done = replace(plan, inputs=inputs, contents={name: content}, checkpoint=self.application)
        return done, self.planner.versions()

    def _start(self, rows: DataFrame, folder: str) -> StreamingQuery:
        writer = rows.writeStream.queryName(self.job.name).foreachBatch(self._batch)
        try:
            return writer.option("checkpointLocation", folder).trigger(availableNow=True).start()
        except PySparkException as error:
            raise _in_words(self.job, error) from None

    def _batch(self, rows: DataFrame, batch: int) -> None:
        try:
            self._write(rows, batch)
        except Exception as error:
            self.failure = self._of_a_database(error) or error
            raise
        finally:
            self.context.spark.catalog.clearCache()

    def _of_a_database(self, error: Exception) -> MotherlodeError | None:
        reads_contents = any(isinstance(read, Contents) for read in self.job.reads.values())
        return in_words(error, self.context.sources) if reads_contents else None

    def _write(self, rows: DataFrame, batch: int) -> None:
        """One batch: planned before its first write, so that a retry reads no half of its own."""
        state = self.context.state
        plan = self._planned(state.plan(self.job.name), batch)
        if plan is None:
            plan = plan_of_batch(self.context, self.plan, batch, self.application, self.planner.versions())
            self.lease.check()
            state.begin(plan)
            self.context.reach(self.job, "planned")

        def previous(table: Table) -> DataFrame:
            return self.warehouse.read(table, plan.outputs.get(table.name))

        outputs = self.job.transform(**arguments(self.planner, rows, plan.inputs, previous))
        for table in self.job.tables:
            written = frame_of(self.job, outputs, table)
            # An empty commit would look like news to every reader.
            transaction = Transaction(self.planner.application(table, self.application), batch)
            if not written.isEmpty() and not self._has(table, transaction, plan.outputs.get(table.name)):
                self.lease.check()
                self.warehouse.append(table, written, transaction)
                self.context.reach(self.job, "written")
        self.context.reach(self.job, "batch")

    def _has(self, table: Table, transaction: Transaction, since: int | None) -> bool:
        """Whether a try that died has written it: Delta itself forgets after a time."""
        name, version = transaction.application, transaction.version
        return any(commit.applications.get(name) == version for commit in self.warehouse.commits(table, since))

    def _planned(self, known: Plan | None, batch: int) -> Plan | None:
        """The plan of this batch, if it was begun before; it stays until the next one, for as long as the
        checkpoint may repeat the batch.

        Raises:
            MotherlodeError: the batch is not the one that was begun: Delta would drop its rows in silence.
        """
        if known is None or known.batch is None or known.checkpoint != self.application:
            return None
        is_same = known.offsets == self.context.state.offsets(self.job.name, known.batch)
        if known.batch + 1 == batch and is_same:
            return None
        if known.batch == batch and is_same:
            return known
        raise UsageError(
            f"{self.job.name}: its checkpoint goes on with batch {batch}, and the last one begun was {known.batch}"
            f"{'' if is_same else ' with other data'}: another hand changed the checkpoint;"
            " `./spark-submit.sh doctor --repair` puts it back"
        )

    def _static_versions(self) -> Versions:
        tables = self.planner.inputs.items()
        return {name: self.warehouse.version(table) for name, table in tables if name != self.planner.stream}


def arguments(
    planner: Planner, rows: DataFrame, inputs: Versions, previous: Callable[[Table], DataFrame]
) -> dict[str, Any]:
    """The arguments of an append's transform: the rows that it follows, what it reads beside them, and its own tables
    as `previous` says that they were."""
    context, job = planner.context, planner.job
    landing, ingest = context.settings.paths.landing, context.settings.ingest
    found: dict[str, Any] = {}
    for name, read in job.reads.items():
        match read:
            case Contents():
                found[name] = read_contents(rows, landing, context.sources, ingest)
            case Table() if name == planner.stream:
                found[name] = rows
            case Table():
                found[name] = context.warehouse.read(read, inputs.get(name))
            case Previous(table=table):
                found[name] = previous(table)
            case _:
                raise MotherlodeError(f"job {job.name}: an append cannot read {name}")
    if "params" in job.wants:
        found["params"] = planner.params
    return found


def frame_of(job: Job, outputs: Outputs, table: Table) -> DataFrame:
    """What a transform returned for a table."""
    rows = outputs.get(table.name)
    if not isinstance(rows, DataFrame):
        raise MotherlodeError(f"job {job.name}: its transform returned no DataFrame for {table.name}")
    return rows


def plan_of_batch(context: Context, plan: Plan, batch: int, checkpoint: str, outputs: Versions) -> Plan:
    """A stream's plan of one batch, with what its checkpoint says of that."""
    return replace(
        plan,
        batch=batch,
        checkpoint=checkpoint,
        outputs=outputs,
        offsets=context.state.offsets(plan.job, batch),
        offsets_before=context.state.offsets(plan.job, batch - 1),
    )


def leave_batch(planner: Planner, last: Done) -> None:
    """A batch that died is not repeated: its plan is written, as every batch has one, and it counts as done."""
    context, job = planner.context, planner.job.name
    state = context.state
    batch = state.newest_batch(job)
    if batch is not None:
        plan, checkpoint = planner.plan(last, None), state.checkpoint_id(job)
        state.begin(plan_of_batch(context, plan, batch, checkpoint, planner.versions()))
        state.commit(job, batch)


def _in_words(job: Job, error: Exception) -> Exception:
    """A checkpoint that Spark cannot read, in words; anything else as it is."""
    if not _UNREADABLE.search(str(error)):
        return error
    return UsageError(
        f"{job.name}: its checkpoint is not as Spark left it: `./spark-submit.sh doctor` says what can be done"
    )
