"""One run of one job, the same way for all: plan, read, consent, transform, checks, write, record."""

import datetime
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, reduce
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from motherlode.contracts.bronze import ADDRESS_COLUMNS
from motherlode.contracts.identity import CONSENTS
from motherlode.contracts.jobs import (
    Addresses,
    Append,
    Contents,
    Job,
    Landing,
    Outputs,
    Previous,
    Scorecard,
    Snapshot,
    Upsert,
)
from motherlode.contracts.models import Champion, Fitted, Model
from motherlode.contracts.tables import Table
from motherlode.errors import MotherlodeError
from motherlode.mining.errors import TooLittleData
from motherlode.runner import append, consent
from motherlode.runner.calendar import DAYS_ARE_OF, last_complete_day
from motherlode.runner.documents import document_path, write_document
from motherlode.runner.landing import list_landing
from motherlode.runner.state import Done, Plan, State, Versions, code_digest, digest
from motherlode.runner.tracking import Tracking
from motherlode.runner.upsert import Touched, touched_keys
from motherlode.runner.warehouse import Transaction, Warehouse
from motherlode.settings import Settings

_DECISIONS = "_decisions"


@dataclass
class Context:
    """What all jobs of one invocation share."""

    spark: SparkSession
    settings: Settings
    as_of: datetime.date | None = None
    found_day: datetime.date | None = None
    """The last business day that was looked up."""
    _found_in: str = ""

    @cached_property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.spark, self.settings.paths.warehouse)

    @cached_property
    def state(self) -> State:
        state = State(self.warehouse.storage, self.settings.paths.warehouse)
        state.check_format()
        return state

    @cached_property
    def tracking(self) -> Tracking:
        return Tracking(self.spark, self.settings.paths)

    @cached_property
    def sources(self) -> tuple[Any, ...]:
        from motherlode.sources.intake import SilverParams

        return tuple(self.settings.params_of(SilverParams).sources)

    def business_day(self) -> datetime.date:
        """The as_of of this run: as given, else the last complete business day in silver."""
        if self.as_of is not None:
            return self.as_of
        versions = {table.full_name: self.warehouse.version(table) for table in DAYS_ARE_OF}
        key = digest([code_digest(), versions, asdict(self.settings.business)])
        if self.found_day is None or self._found_in != key:
            path = f"{self.state.root}/calendar.json"
            known = self.warehouse.storage.read_json(path)
            if known and known["key"] == key:
                self.found_day = datetime.date.fromisoformat(known["as_of"])
            else:
                events, sales = (self.warehouse.read(table, versions[table.full_name]) for table in DAYS_ARE_OF)
                # Targets of a campaign are dated at its start, which may be to come.
                rows = [events.where(F.col("type") != "campaign_targeted"), sales]
                self.found_day = last_complete_day(rows, self.settings.business)
                self.warehouse.storage.write_json(path, {"key": key, "as_of": self.found_day.isoformat()})
            self._found_in = key
        return self.found_day


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
        done, status, why = _Run(context, job).execute()
    except TooLittleData as error:
        # Beside the pipeline's other findings a model that cannot be fitted is one word, not a stop.
        return Result(job, "refused", str(error), time.monotonic() - started, {})
    finally:
        context.spark.catalog.clearCache()
    return Result(job, status, why, time.monotonic() - started, done.rows if done else {})


class _Run:
    def __init__(self, context: Context, job: Job) -> None:
        self.context = context
        self.job = job
        self.warehouse = context.warehouse
        self.started_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.clock = time.monotonic()

    def execute(self) -> tuple[Done | None, str, str]:
        last = self.context.state.done(self.job.name)
        waiting = self._missing_champion()
        if waiting:
            until = f" that saw nothing after {self._as_of}" if self._as_of else ""
            return last, "skipped", f"{waiting.full_name} has no champion{until}"
        unfinished = self.context.state.plan(self.job.name)
        if isinstance(self.job.mode, Append) and self.job.mode.stream is not None:
            return self._append(last, self.job.mode, self.job.mode.stream)
        plan = self._plan(last, unfinished)
        if unfinished is not None and unfinished.fingerprint == plan.fingerprint:
            plan = unfinished
        elif last is not None and last.plan.fingerprint == plan.fingerprint and self._is_as_left(last, plan):
            return last, "skipped", "nothing changed"
        self.context.state.begin(plan)
        match self.job.mode:
            case Upsert() as mode:
                outputs = self._upsert(plan, last, mode)
            case Snapshot() as mode:
                outputs = self._snapshot(plan, mode)
            case Append():
                outputs = self._listing(plan)
        done = self._done(plan, outputs, last)
        self.context.state.finish(done)
        return done, "done", _what_changed(plan, done)

    # --- what a run rests on -------------------------------------------------------------------

    @cached_property
    def _inputs(self) -> dict[str, Table]:
        """Input tables by the name of the read; the consents that are applied unseen are one of them."""
        tables = {name: read for name, read in self.job.reads.items() if isinstance(read, Table)}
        for read in self.job.reads.values():
            if isinstance(read, Addresses):
                tables |= {table.full_name: table for table in read.tables}
        if consent.applies(self.job):
            tables[_DECISIONS] = CONSENTS
        return tables

    @cached_property
    def _params(self) -> Any:
        return self.context.settings.params_of(self.job.params) if self.job.params else None

    @cached_property
    def _as_of(self) -> datetime.date | None:
        return self.context.business_day() if self.job.is_dated else None

    def _models(self) -> list[Model]:
        read = [read for read in self.job.reads.values() if isinstance(read, Model)]
        for scorecard in self.job.reads.values():
            if isinstance(scorecard, Scorecard):
                read += [m for m in scorecard.models if self.context.tracking.champion_version(m) is not None]
        return read

    def _missing_champion(self) -> Model | None:
        for read in self.job.reads.values():
            if isinstance(read, Model) and self.context.tracking.champion_version(read, self._as_of) is None:
                return read
        return None

    def _is_as_left(self, last: Done, plan: Plan) -> bool:
        """Whether all that the last run made is still there, by no other hand."""
        storage, paths = self.warehouse.storage, self.context.settings.paths
        documents = all(storage.exists(document_path(paths, document)) for document in self.job.documents)
        models = all(self.context.tracking.champion_version(model) is not None for model in self.job.models)
        return documents and models and last.outputs == plan.outputs

    def _plan(self, last: Done | None, unfinished: Plan | None) -> Plan:
        inputs: Versions = {name: self.warehouse.version(table) for name, table in self._inputs.items()}
        models = {m.full_name: str(self.context.tracking.champion_version(m)) for m in self._models()}
        as_of = self._as_of.isoformat() if self._as_of else None
        recipe = digest(
            [code_digest(), asdict(self._params) if self._params else None, asdict(self.context.settings.consent)]
        )
        found = None
        if any(isinstance(read, Landing) for read in self.job.reads.values()):
            # Files are no versioned table: a listing is never skipped, and finds nothing new by itself.
            found = self.started_at
        return Plan(
            job=self.job.name,
            # Delta drops a write whose number it has seen: one that died may have used the next one.
            sequence=1 + max((run.sequence for run in (last and last.plan, unfinished) if run), default=0),
            fingerprint=digest([self.job.name, recipe, inputs, models, as_of, found]),
            recipe=recipe,
            inputs=inputs,
            models=models,
            outputs=self._versions(),
            as_of=as_of,
        )

    def _arguments(self, plan: Plan, touched: Touched | None = None) -> dict[str, Any]:
        """The transform's arguments: each input at its planned version, consent applied, then restricted."""
        arguments: dict[str, Any] = {}
        decisions = self.warehouse.read(CONSENTS, plan.inputs.get(_DECISIONS)) if consent.applies(self.job) else None
        for name, read in self.job.reads.items():
            match read:
                case Table():
                    rows = self.warehouse.read(read, plan.inputs[name])
                    if decisions is not None:
                        default = self.context.settings.consent.default_granted
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
                    arguments[name] = list_landing(
                        self.context.spark, self.context.settings.paths.landing, self.context.sources
                    )
                case Contents():
                    raise MotherlodeError(f"job {self.job.name}: contents are streamed: its mode must be Append")
        if "params" in self.job.wants:
            arguments["params"] = self._params
        if "as_of" in self.job.wants:
            arguments["as_of"] = self._as_of
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
        parts = [
            self.warehouse.read(table, plan.inputs[table.full_name]).select(
                F.lit(table.full_name).alias("table"), *ADDRESS_COLUMNS
            )
            for table in read.tables
        ]
        return reduce(DataFrame.unionByName, parts)

    # --- the modes -----------------------------------------------------------------------------

    def _append(self, last: Done | None, mode: Append, stream: str) -> tuple[Done | None, str, str]:
        outcome = append.follow(self.context, self.job, mode, stream, self._params, last)
        if outcome is None:
            return last, "skipped", "nothing new"
        plan, outputs = outcome
        done = self._done(plan, outputs, last)
        self.context.state.finish(done)
        return done, "done", _what_changed(plan, done)

    def _listing(self, plan: Plan) -> Versions:
        outputs = self.job.transform(**self._arguments(plan))
        for table in self.job.tables:
            rows = _frame(self.job, outputs, table).persist()
            if not rows.isEmpty():
                self.warehouse.append(table, rows, self._transaction(plan, table))
        return self._versions()

    def _upsert(self, plan: Plan, last: Done | None, mode: Upsert) -> Versions:
        touched: Touched | None = Touched(mode.by, None)
        is_new = any(version is None for version in plan.outputs.values())
        # A table that was rolled back or written by another hand is made anew from its inputs.
        is_ours = last is not None and all(last.outputs.get(name) == v for name, v in plan.outputs.items())
        if last is not None and is_ours and not is_new and last.plan.recipe == plan.recipe:
            touched = touched_keys(self.warehouse, mode.by, self._inputs, last.plan.inputs, plan.inputs)
        if touched is None:
            return plan.outputs
        outputs = self.job.transform(**self._arguments(plan, touched))
        for table in self.job.tables:
            rows = self.warehouse.conform(table, _frame(self.job, outputs, table))
            version = plan.outputs[table.name]
            transaction = self._transaction(plan, table)
            if version is None:
                self.warehouse.overwrite(table, rows, transaction)
                continue
            old = touched.restrict(self.warehouse.read(table, version))
            difference = self.warehouse.difference(table, old, rows).persist()
            if not difference.isEmpty():
                self.warehouse.merge(table, difference, transaction)
        return self._versions()

    def _snapshot(self, plan: Plan, mode: Snapshot) -> Versions:
        """Tables first, then models, the aliases last: a reader never meets a champion without its tables."""
        registered = {
            model.name: version
            for model in self.job.models
            if (version := self.context.tracking.version_of_plan(model, plan.fingerprint))
        }
        is_fitted = bool(registered) and len(registered) == len(self.job.writes)
        outputs = {} if is_fitted else self.job.transform(**self._arguments(plan))
        for table in self.job.tables:
            rows = _frame(self.job, outputs, table)
            where = f"as_of = DATE'{plan.as_of}'" if mode.history else None
            self.warehouse.overwrite(table, rows, self._transaction(plan, table), where)
        for model in self.job.models:
            version = registered.get(model.name) or self._register(plan, model, outputs.get(model.name))
            self.context.tracking.crown(model, version)
        for document in self.job.documents:
            text = outputs.get(document.name)
            if not isinstance(text, str):
                raise MotherlodeError(f"job {self.job.name}: its transform returned no text for {document.name}")
            write_document(self.warehouse.storage, self.context.settings.paths, document, text)
        return self._versions()

    def _register(self, plan: Plan, model: Model, fitted: object) -> str:
        if not isinstance(fitted, Fitted):
            raise MotherlodeError(f"job {self.job.name}: its transform returned no Fitted for {model.name}")
        tags = {"motherlode.as_of": plan.as_of or "", "motherlode.inputs": str(plan.inputs)}
        return self.context.tracking.register(model, fitted, plan.fingerprint, tags)

    # --- the record ----------------------------------------------------------------------------

    def _transaction(self, plan: Plan, table: Table) -> Transaction:
        return Transaction(f"{self.job.name}:{table.name}:{self.context.state.id}", plan.sequence)

    def _versions(self) -> Versions:
        return {table.name: self.warehouse.version(table) for table in self.job.tables}

    def _done(self, plan: Plan, outputs: Versions, last: Done | None) -> Done:
        rows: dict[str, int] = {}
        for table in self.job.tables:
            name = table.name
            before = (last.outputs.get(name), last.rows[name]) if last is not None and name in last.rows else (None, 0)
            rows[name] = self.warehouse.count(table, outputs[name], before)
        return Done(plan, outputs, rows, round(time.monotonic() - self.clock, 3), self.started_at)


def _frame(job: Job, outputs: Outputs, table: Table) -> DataFrame:
    rows = outputs.get(table.name)
    if not isinstance(rows, DataFrame):
        raise MotherlodeError(f"job {job.name}: its transform returned no DataFrame for {table.name}")
    return rows


def _what_changed(plan: Plan, done: Done) -> str:
    changed = [name for name, version in done.outputs.items() if version != plan.outputs.get(name)]
    return "" if changed or not done.outputs else "no row changed"


__all__ = ["Context", "Result", "run_job"]
