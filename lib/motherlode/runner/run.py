"""One run of one job, the same way for all: plan, read, consent, transform, checks, write, record."""

import datetime
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.contracts.bronze import ADDRESS_COLUMNS
from motherlode.contracts.identity import CONSENTS
from motherlode.contracts.jobs import (
    Addresses,
    Append,
    Contents,
    Job,
    Landing,
    Previous,
    Scorecard,
    Snapshot,
    Upsert,
)
from motherlode.contracts.models import Champion, Fitted, Model
from motherlode.contracts.tables import Table
from motherlode.errors import MotherlodeError, UsageError
from motherlode.mining.errors import TooLittleData
from motherlode.runner import append, consent, deletions, remedies
from motherlode.runner.commits import Commit
from motherlode.runner.context import Context
from motherlode.runner.derivation import derive
from motherlode.runner.documents import write_document
from motherlode.runner.lease import Lease, held
from motherlode.runner.planner import DECISIONS, GONE_ROWS, Planner
from motherlode.runner.readmission import readmit
from motherlode.runner.state import Done, Plan, Versions
from motherlode.runner.upsert import Touched, touched_keys
from motherlode.runner.warehouse import Transaction


@dataclass(frozen=True)
class Result:
    """What became of a job: done, skipped or refused, and why; versions and rows of its tables."""

    job: Job
    status: str
    why: str
    seconds: float
    rows: Mapping[str, int]


def run_job(context: Context, job: Job) -> Result:
    """Run a job once.

    Raises:
        MotherlodeError: it cannot run, or its output breaks its contract; nothing is half-written.
    """
    started = time.monotonic()
    try:
        folder = context.state.lease(job.name)
        with held(context.warehouse.storage, folder, context.pids, context.wait) as lease:
            done, status, why = _execute(context, job, lease)
    except TooLittleData as error:
        # Beside the pipeline's other findings a model that cannot be fitted is one word, not a stop.
        return Result(job, "refused", str(error), time.monotonic() - started, {})
    finally:
        context.spark.catalog.clearCache()
    return Result(job, status, why, time.monotonic() - started, done.rows if done else {})


def _execute(context: Context, job: Job, lease: Lease) -> tuple[Done | None, str, str]:
    run = _Run(context, job, lease)
    begun = run.day_begun()
    if begun is None:
        return run.execute()
    finished = "skipped"
    with suppress(TooLittleData):
        _, finished, _ = _Run(replace(context, as_of=begun), job, lease).execute()
    done, status, why = _Run(context, job, lease).execute()
    if finished != "done":
        return done, status, why
    return done, "done", ", ".join(filter(None, (why, f"and what had died as of {begun}")))


class _Run:
    def __init__(self, context: Context, job: Job, lease: Lease) -> None:
        self.context = context
        self.job = job
        self.lease = lease
        self.warehouse = context.warehouse
        self.planner = Planner(context, job)
        self.started_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.clock = time.monotonic()

    def day_begun(self) -> datetime.date | None:
        """The business day for which a run died, where its rows stay beside those of later days."""
        if not isinstance(self.job.mode, Snapshot) or not self.job.mode.history:
            return None
        unfinished = self.context.state.plan(self.job.name)
        if unfinished is None or unfinished.as_of is None or self.planner.waits_for():
            return None
        last = self.context.state.done(self.job.name)
        if last is not None and unfinished.id == last.plan.id:
            return None
        day = datetime.date.fromisoformat(unfinished.as_of)
        return None if day == self.planner.as_of else day

    def execute(self) -> tuple[Done | None, str, str]:
        last = self.context.state.done(self.job.name)
        if self.planner.is_stream:
            return self._append(last)
        with self.warehouse.looked_at_once():
            plan = self._decided(last)
        if isinstance(plan, str):
            return last, "skipped", plan
        self.lease.check()
        self.context.state.begin(plan)
        self.context.reach(self.job, "planned")
        try:
            outputs = self._outputs(plan, last)
        except TooLittleData:
            # Said before anything is written: nothing is left to be finished.
            self._forget_plan()
            raise
        return self._finish(plan, outputs, last)

    def _decided(self, last: Done | None) -> Plan | str:
        """What to do, or why nothing."""
        if waiting := self.planner.waits_for():
            return waiting
        unfinished = self.context.state.plan(self.job.name)
        if unfinished is not None and last is not None and unfinished.id == last.plan.id:
            # It died after its record.
            self._forget_plan()
            unfinished = None
        plan = self.planner.plan(last, unfinished)
        if unfinished is None and last is not None and not self.planner.news(last, plan):
            return "nothing changed"
        if isinstance(self.job.mode, Append):
            self._refuse_foreign(last)
        if unfinished is not None and self.planner.is_resumable(unfinished, plan):
            # The same rows as when it was planned, in the files that hold them now.
            return replace(unfinished, inputs=plan.inputs)
        # What a run left half done, or somebody put back, is not what the last one left and changes add to.
        afresh = unfinished is not None or last is None or last.is_restored or self.planner.is_half_done(last)
        return replace(plan, afresh=afresh)

    def _outputs(self, plan: Plan, last: Done | None) -> Versions:
        match self.job.mode:
            case Upsert() as mode:
                return self._upsert(plan, last, mode)
            case Snapshot() as mode:
                return self._snapshot(plan, mode)
            case Append():
                return self._listing(plan)

    # --- what a run rests on -------------------------------------------------------------------

    def _arguments(self, plan: Plan, touched: Touched | None = None) -> dict[str, Any]:
        """The transform's arguments: each input at its planned version, without what was deleted, consent applied, then
        restricted."""
        arguments: dict[str, Any] = {}
        decisions = self.warehouse.read(CONSENTS, plan.inputs.get(DECISIONS)) if consent.applies(self.job) else None
        gone = None
        if deletions.applies(self.job):
            told = self.warehouse.read(deletions.DELETIONS, plan.inputs.get(GONE_ROWS))
            gone = deletions.deleted(told, self.planner.whole)
        for name, read in self.job.reads.items():
            match read:
                case Table():
                    rows = self.warehouse.read(read, plan.inputs[name])
                    rows = rows if gone is None else deletions.standing(read, rows, gone)
                    if decisions is not None:
                        default = self.context.settings.consent.of(self.job.purpose)
                        rows = consent.permitted(read, rows, decisions, self.job.purpose, default)
                    arguments[name] = touched.restrict(rows) if touched else rows
                case Previous(table=table):
                    arguments[name] = self.warehouse.read(table, plan.outputs[table.name])
                case Model():
                    arguments[name] = self._champion(read, plan)
                case Scorecard():
                    arguments[name] = self._scorecard(plan, read)
                case Addresses():
                    arguments[name] = self._addresses(read, plan)
                case Landing():
                    arguments[name] = self.context.spark.createDataFrame(self.planner.landing)
                case Contents():
                    raise MotherlodeError(f"job {self.job.name}: contents are streamed: its mode must be Append")
        if "params" in self.job.wants:
            arguments["params"] = self.planner.params
        if "as_of" in self.job.wants:
            arguments["as_of"] = self.planner.as_of
        return arguments

    def _champion(self, model: Model, plan: Plan) -> Champion:
        return self.context.tracking.champion(model, plan.models[model.full_name])

    def _scorecard(self, plan: Plan, scorecard: Scorecard) -> DataFrame:
        versions = {m: plan.models[m.full_name] for m in scorecard.models if m.full_name in plan.models}
        schema = (
            "model string, model_version string, trained_as_of string, metric string, value double, baseline double"
        )
        rows = self.context.tracking.scorecard(versions) if versions else []
        return self.context.spark.createDataFrame(rows, schema)

    def _addresses(self, read: Addresses, plan: Plan) -> DataFrame:
        # Each makes the plan larger: those that nothing was ever written to are left out.
        there = [table for table in read.tables if plan.inputs[table.full_name] is not None]
        parts = [
            self.warehouse.read(table, plan.inputs[table.full_name]).select(
                F.lit(table.full_name).alias("table"), *ADDRESS_COLUMNS, *read.beside(table)
            )
            for table in there or read.tables[:1]
        ]
        return reduce(DataFrame.unionByName, parts)

    # --- the modes -----------------------------------------------------------------------------

    def _append(self, last: Done | None) -> tuple[Done | None, str, str]:
        finished = ""
        if self.context.state.rebuild(self.job.name) is not None:
            last, finished = derive(self.context, self.job, self.lease), "a rebuild that had died"
        if self.context.state.replay(self.job.name) is not None:
            readmit(self.context, self.job, self.lease)
            last, finished = self.context.state.done(self.job.name), "a replay that had died"
        with self.warehouse.looked_at_once():
            self._refuse_foreign(last)
        outcome = append.follow(self.planner, self.lease, last)
        if outcome is None:
            return (last, "done", finished) if finished else (last, "skipped", "nothing new")
        self._refuse_foreign(last)
        done = self._record(*outcome, last)
        return done, "done", finished or _what_changed(done.plan, done)

    def _refuse_foreign(self, last: Done | None) -> None:
        for table, commit in self.planner.by_another_hand(last):
            raise UsageError(
                f"{table.full_name}: another hand changed it ({commit.in_words}), and what its job took in before it"
                f" does not take in again: {remedies.changed(self.context, self.job, table, commit)}"
            )

    def _listing(self, plan: Plan) -> Versions:
        outputs = self.job.transform(**self._arguments(plan))
        for table in self.job.tables:
            rows = append.frame_of(self.job, outputs, table).persist()
            if not rows.isEmpty():
                with self._writing():
                    self.warehouse.append(table, rows, self._transaction(plan, table))
        return self.planner.versions()

    def _upsert(self, plan: Plan, last: Done | None, mode: Upsert) -> Versions:
        touched: Touched | None = Touched(mode.by, None)
        is_new = any(version is None for version in plan.outputs.values())
        # A table that was rolled back or written by another hand is made anew from its inputs.
        is_ours = last is not None and not self.planner.by_another_hand(last) and not self.planner.remade(last)
        if last is not None and is_ours and not is_new and not plan.afresh and last.plan.recipe == plan.recipe:
            touched = touched_keys(self.warehouse, mode.by, self.planner.inputs, last.plan.inputs, plan.inputs)
        if touched is None:
            return self.planner.versions()
        outputs = self.job.transform(**self._arguments(plan, touched))
        for table in self.job.tables:
            rows = self.warehouse.conform(table, append.frame_of(self.job, outputs, table))
            version = plan.outputs[table.name]
            transaction = self._transaction(plan, table)
            if version is None:
                with self._writing():
                    self.warehouse.overwrite(table, rows, transaction)
                continue
            self.warehouse.commit(table, version)  # Delta takes an empty file for a commit of nothing
            old = touched.restrict(self.warehouse.read(table, version))
            difference = self.warehouse.difference(table, old, rows).persist()
            if not difference.isEmpty():
                with self._writing():
                    self.warehouse.merge(table, difference, transaction)
        return self.planner.versions()

    def _snapshot(self, plan: Plan, mode: Snapshot) -> Versions:
        """Tables first, then models, the aliases last: a reader never meets a champion without its tables."""
        registered = {
            model.name: version
            for model in self.job.models
            if (version := self.context.tracking.version_of_plan(model, plan.id))
        }
        # Models come after tables: with all of them there, and the tables' commits, only the alias is left to move.
        is_fitted = 0 < len(registered) == len(self.job.models) and all(
            any(commit.is_of(self.planner.application(table, plan.id)) for commit in self._since(plan, table))
            for table in self.job.tables
        )
        outputs = {} if is_fitted else self.job.transform(**self._arguments(plan))
        for table in () if is_fitted else self.job.tables:
            rows = append.frame_of(self.job, outputs, table)
            where = f"as_of = DATE'{plan.as_of}'" if mode.history else None
            with self._writing():
                self.warehouse.overwrite(table, rows, self._transaction(plan, table), where)
        for model in self.job.models:
            version = registered.get(model.name) or self._register(plan, model, outputs.get(model.name))
            self.lease.check()
            self.context.tracking.crown(model, version)
            self.context.reach(self.job, "crowned")
        for document in self.job.documents:
            text = outputs.get(document.name)
            if not isinstance(text, str):
                raise MotherlodeError(f"job {self.job.name}: its transform returned no text for {document.name}")
            self.lease.check()
            write_document(self.warehouse.storage, self.context.settings.paths, document, text)
        return self.planner.versions()

    def _register(self, plan: Plan, model: Model, fitted: object) -> str:
        if not isinstance(fitted, Fitted):
            raise MotherlodeError(f"job {self.job.name}: its transform returned no Fitted for {model.name}")
        tags = {"motherlode.as_of": plan.as_of or "", "motherlode.inputs": str(plan.inputs)}
        self.context.reach(self.job, "fitted")
        self.lease.check()
        version = self.context.tracking.register(model, fitted, plan.id, tags)
        self.context.reach(self.job, "registered")
        return version

    # --- the record ----------------------------------------------------------------------------

    def _transaction(self, plan: Plan, table: Table) -> Transaction:
        return Transaction(self.planner.application(table, plan.id), plan.sequence)

    def _since(self, plan: Plan, table: Table) -> Iterator[Commit]:
        return self.warehouse.commits(table, plan.outputs[table.name])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Around each write: only who holds the lease writes."""
        self.lease.check()
        yield
        self.context.reach(self.job, "written")

    def _finish(self, plan: Plan, outputs: Versions, last: Done | None) -> tuple[Done, str, str]:
        self.planner.refuse_company(plan.outputs, plan.id)
        done = self._record(plan, outputs, last)
        self._forget_plan()
        return done, "done", _what_changed(plan, done)

    def _record(self, plan: Plan, outputs: Versions, last: Done | None) -> Done:
        self.lease.check()
        self.context.reach(self.job, "outputs")
        done = self._done(plan, outputs, last)
        self.lease.check()
        self.context.state.finish(done)
        self.context.reach(self.job, "recorded")
        return done

    def _forget_plan(self) -> None:
        self.lease.check()
        self.context.state.forget_plan(self.job.name)

    def _done(self, plan: Plan, outputs: Versions, last: Done | None) -> Done:
        rows: dict[str, int] = {}
        for table in self.job.tables:
            name = table.name
            before = (last.outputs.get(name), last.rows[name]) if last is not None and name in last.rows else (None, 0)
            rows[name] = self.warehouse.count(table, outputs[name], before)
        seconds = round(time.monotonic() - self.clock, 3)
        return Done(plan, outputs, rows, seconds, self.started_at, self.context.spills.taken(), self.planner.origins())


def _what_changed(plan: Plan, done: Done) -> str:
    changed = [name for name, version in done.outputs.items() if version != plan.outputs.get(name)]
    return "" if changed or not done.outputs else "no row changed"


__all__ = ["Result", "run_job"]
