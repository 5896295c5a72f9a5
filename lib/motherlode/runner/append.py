"""Append: what is new in one input, by Structured Streaming; its offset log is the plan of each batch."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame

from motherlode.contracts.jobs import Append, Contents, Job, Previous
from motherlode.contracts.tables import Table
from motherlode.errors import MotherlodeError
from motherlode.runner.landing import read_contents
from motherlode.runner.lease import Lease
from motherlode.runner.state import Done, Plan, Versions, code_digest
from motherlode.runner.warehouse import Transaction

if TYPE_CHECKING:
    from motherlode.runner.context import Context


def follow(context: "Context", job: Job, lease: Lease, params: Any, last: Done | None) -> tuple[Plan, Versions] | None:
    """Take in all that is new in what the job follows: the plan and the versions left; None where nothing is new."""
    if not isinstance(job.mode, Append) or job.followed is None:
        raise MotherlodeError(f"job {job.name}: follows no table")
    version = context.warehouse.content_version(job.followed)
    if version is None or (last is not None and version in last.plan.contents.values()):
        return None
    return _Follower(context, job, lease, job.mode, job.followed, params, last).run(version)


class _Follower:
    def __init__(
        self,
        context: "Context",
        job: Job,
        lease: Lease,
        mode: Append,
        stream: Table,
        params: Any,
        last: Done | None,
    ) -> None:
        self.context = context
        self.warehouse = context.warehouse
        self.job = job
        self.lease = lease
        self.mode = mode
        self.stream = stream
        self.params = params
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
            inputs={str(self.mode.stream): version, **self._static_versions()},
            contents={str(self.mode.stream): version},
            models={},
            outputs=self._versions(),
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
            rows = rows.where(self.mode.only(self.params))
        query = (
            rows.writeStream.queryName(self.job.name)
            .foreachBatch(self._batch)
            .option("checkpointLocation", folder)
            .trigger(availableNow=True)
            .start()
        )
        try:
            query.awaitTermination()
        except StreamingQueryException:
            # The stream's own exception only wraps ours.
            if self.failure is None:
                raise
            raise self.failure from None
        finally:
            query.stop()
        return plan, self._versions()

    def _batch(self, rows: DataFrame, batch: int) -> None:
        try:
            self._write(rows, batch)
        except Exception as error:
            self.failure = error
            raise
        finally:
            self.context.spark.catalog.clearCache()

    def _write(self, rows: DataFrame, batch: int) -> None:
        """One batch: planned before its first write, so that a retry reads no half of its own."""
        state = self.context.state
        plan = self._planned(state.plan(self.job.name), batch)
        if plan is None:
            plan = replace(
                self.plan,
                batch=batch,
                checkpoint=self.application,
                outputs=self._versions(),
                offsets=state.offsets(self.job.name, batch),
            )
            state.begin(plan)
            self.context.reach(self.job, "planned")
        outputs = self.job.transform(**self._arguments(rows, plan))
        for table in self.job.tables:
            written = outputs.get(table.name)
            if not isinstance(written, DataFrame):
                raise MotherlodeError(f"job {self.job.name}: its transform returned no DataFrame for {table.name}")
            # An empty commit would look like news to every reader.
            if not written.isEmpty():
                transaction = Transaction(f"{self.job.name}:{table.name}:{self.application}", batch)
                self.lease.check()
                self.warehouse.append(table, written, transaction)
                self.context.reach(self.job, "written")
        self.context.reach(self.job, "batch")

    def _planned(self, known: Plan | None, batch: int) -> Plan | None:
        """The plan of this batch, if it was begun before; it stays until the next one, for as long as the
        checkpoint may repeat the batch.

        Raises:
            MotherlodeError: the batch is not the one that was begun: Delta would drop its rows in silence.
        """
        if known is None or known.batch is None or known.checkpoint != self.application:
            return None
        if known.batch + 1 == batch:
            return None
        if known.batch == batch and known.offsets == self.context.state.offsets(self.job.name, batch):
            return known
        raise MotherlodeError(
            f"{self.job.name}: its checkpoint goes on with batch {batch}, and the last one begun was {known.batch}"
            f"{' with other data' if known.batch == batch else ''}: another hand changed the checkpoint;"
            " `./spark-submit.sh doctor --repair` puts it back"
        )

    def _arguments(self, rows: DataFrame, plan: Plan) -> dict[str, Any]:
        settings = self.context.settings
        arguments: dict[str, Any] = {}
        for name, read in self.job.reads.items():
            match read:
                case Contents():
                    arguments[name] = read_contents(rows, settings.paths.landing, self.context.sources, settings.ingest)
                case Table() if name == self.mode.stream:
                    arguments[name] = rows
                case Table():
                    arguments[name] = self.warehouse.read(read, plan.inputs[name])
                case Previous(table=table):
                    arguments[name] = self.warehouse.read(table, plan.outputs[table.name])
                case _:
                    raise MotherlodeError(f"job {self.job.name}: an append cannot read {name}")
        if "params" in self.job.wants:
            arguments["params"] = self.params
        return arguments

    def _static_versions(self) -> Versions:
        tables = {name: read for name, read in self.job.reads.items() if isinstance(read, Table)}
        return {name: self.warehouse.version(t) for name, t in tables.items() if name != self.mode.stream}

    def _versions(self) -> Versions:
        return {table.name: self.warehouse.version(table) for table in self.job.tables}
