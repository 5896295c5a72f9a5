"""What a job's next run would rest on, and whether that is anything new."""

import datetime
import uuid
from dataclasses import asdict
from functools import cached_property
from typing import Any

import pyarrow as pa

from motherlode.contracts.identity import CONSENTS
from motherlode.contracts.jobs import Addresses, Job, Landing, Scorecard
from motherlode.contracts.models import Model
from motherlode.contracts.tables import Table
from motherlode.errors import MotherlodeError
from motherlode.runner import consent, deletions
from motherlode.runner.commits import GONE, Commit
from motherlode.runner.context import Context
from motherlode.runner.databases import list_tables
from motherlode.runner.documents import document_path
from motherlode.runner.landing import list_landing
from motherlode.runner.state import Done, Plan, Versions, code_digest, digest
from motherlode.runner.topics import list_topics

DECISIONS = "_decisions"
"""The consents that are applied to a job unseen, among its inputs."""
GONE_ROWS = "_deletions"
"""The same of what was deleted."""


class Planner:
    """Reads logs and state alone: it starts no Spark job, but for the last complete business day."""

    def __init__(self, context: Context, job: Job) -> None:
        self.context = context
        self.job = job
        self.warehouse = context.warehouse

    @cached_property
    def inputs(self) -> dict[str, Table]:
        """Input tables by the name of the read; what is applied unseen, consents and deletions, is among them."""
        tables = {name: read for name, read in self.job.reads.items() if isinstance(read, Table)}
        for read in self.job.reads.values():
            if isinstance(read, Addresses):
                tables |= {table.full_name: table for table in read.tables}
        if consent.applies(self.job):
            tables[DECISIONS] = CONSENTS
        if deletions.applies(self.job):
            tables[GONE_ROWS] = deletions.DELETIONS
        return tables

    @cached_property
    def whole(self) -> list[str]:
        """The sources whose deletions are applied to the job unseen."""
        is_asked = deletions.applies(self.job)
        return [source.name for source in self.context.sources if source.is_whole] if is_asked else []

    @cached_property
    def params(self) -> Any:
        return self.context.settings.params_of(self.job.params) if self.job.params else None

    @cached_property
    def as_of(self) -> datetime.date | None:
        return self.context.business_day() if self.job.is_dated else None

    @cached_property
    def landing(self) -> pa.Table:
        """The files that lie in the landing folder now, the offsets that topics have, and how far tables go."""
        spark, settings, sources = self.context.spark, self.context.settings, self.context.sources
        files = list_landing(settings.paths.landing, sources)
        found = [files, list_topics(spark, sources, settings.ingest), list_tables(spark, sources)]
        # Spark takes an empty piece for the end.
        return pa.concat_tables(found).combine_chunks()

    @property
    def stream(self) -> str:
        """The name of the read that the job follows."""
        return str(getattr(self.job.mode, "stream", None))

    @property
    def is_stream(self) -> bool:
        return self.job.followed is not None

    def has_died(self) -> bool:
        """Whether a run of the job was begun and is not done, if none is at it now."""
        state, name = self.context.state, self.job.name
        return not state.is_committed(name) if self.is_stream else state.plan(name) is not None

    def application(self, table: Table, of: str = "") -> str:
        """How this job's transactions on a table are called, those of a plan or a checkpoint, or how all begin."""
        return f"{self.job.name}:{table.name}:{of}"

    def versions(self) -> Versions:
        """Of the job's own tables, now."""
        return {table.name: self.warehouse.version(table) for table in self.job.tables}

    def waits_for(self) -> str:
        """Why the job cannot run yet; empty where it can."""
        for read in self.job.reads.values():
            if isinstance(read, Model) and self.context.tracking.champion_version(read, self.as_of) is None:
                until = f" on what was known by {self.as_of}" if self.as_of else ""
                return f"{read.full_name} was not trained{until}: see its job above"
        return ""

    def plan(self, last: Done | None, unfinished: Plan | None) -> Plan:
        """The next run's plan.

        Args:
            unfinished: the plan of a run that died.
        """
        return Plan(
            job=self.job.name,
            id=uuid.uuid4().hex,
            origins=self.origins(),
            sequence=1 + max(self._numbers(last, unfinished)),
            code=code_digest(),
            options=digest(
                [asdict(self.params) if self.params else None, asdict(self.context.settings.consent), *self.whole]
            ),
            inputs={name: self.warehouse.version(table) for name, table in self.inputs.items()},
            contents=self._contents(),
            models={m.full_name: str(self.context.tracking.champion_version(m)) for m in self._models()},
            outputs=self.versions(),
            as_of=self.as_of.isoformat() if self.as_of else None,
        )

    def _numbers(self, last: Done | None, unfinished: Plan | None) -> list[int]:
        known = [run.sequence for run in (last and last.plan, unfinished) if run]
        return known or [0, *self.context.state.runs(self.job.name)]

    def is_half_done(self, last: Done) -> bool:
        """Whether its tables hold what some run of the job wrote after the last that finished."""
        return any(
            commit.is_of(self.application(table)) and not commit.is_upkeep
            for table in self.job.tables
            for commit in self.warehouse.commits(table, last.outputs.get(table.name))
        )

    def is_resumable(self, unfinished: Plan, plan: Plan) -> bool:
        """Whether a plan that died is the one to follow, and nobody but its own run has written since."""
        return (
            unfinished.fingerprint == plan.fingerprint
            and not any(self._is_remade(table, unfinished.origins) for table in self._tables())
            and all(self._is_untouched(table, unfinished, plan) for table in self.job.tables)
        )

    def _is_untouched(self, table: Table, unfinished: Plan, plan: Plan) -> bool:
        then, now = unfinished.outputs.get(table.name), plan.outputs[table.name]
        if then == now:
            return True
        own = self.application(table, unfinished.id)
        commits = self.warehouse.commits(table, then)
        return (
            now is not None
            and now > (-1 if then is None else then)
            and all(c.is_upkeep or c.is_of(own) for c in commits)
        )

    def _is_remade(self, table: Table, origins: dict[str, str | None]) -> bool:
        return self.warehouse.is_remade(table, origins.get(table.full_name))

    def origins(self) -> dict[str, str | None]:
        """Which tables they are that the job reads and writes."""
        return {table.full_name: self.warehouse.origin(table) for table in self._tables()}

    def remade(self, last: Done) -> set[str]:
        """The tables that are not those of the last run any more."""
        return {table.full_name for table in self._tables() if self._is_remade(table, last.origins)}

    def _tables(self) -> tuple[Table, ...]:
        return *self.inputs.values(), *self.job.tables

    def news(self, last: Done, plan: Plan) -> list[str]:
        """What is new since the last run; empty where another one would change nothing."""
        before = last.plan
        found = []
        found += [name for name in ("code", "options") if getattr(before, name) != getattr(plan, name)]
        if before.as_of != plan.as_of:
            found.append(f"as of {plan.as_of} instead of {before.as_of}")
        for then, now in ((before.contents, plan.contents), (before.models, plan.models)):
            found += sorted(self._named(name) for name in then | now if then.get(name) != now.get(name))
        found += [f"{table.full_name}: {commit.in_words}" for table, commit in self.by_another_hand(last)]
        found += ["what a run left half done"] if self.is_half_done(last) else []
        found += [f"{name} is another table" for name in sorted(self.remade(last))]
        return found + self._gone()

    def unread(self, last: Done) -> list[str]:
        """What an append would take in, or stop at."""
        found = [f"{table.full_name}: {commit.in_words}" for table, commit in self.by_another_hand(last)]
        followed = self.job.followed
        if followed is not None and self.warehouse.content_version(followed) != last.plan.contents[self.stream]:
            found.append(followed.full_name)
        return found

    def by_another_hand(self, last: Done | None) -> list[tuple[Table, Commit]]:
        """The tables that somebody else changed since the last run, and by which commit."""
        found = []
        remade = self.remade(last) if last else ()
        for table in self.job.tables:
            left = last.outputs.get(table.name) if last else None
            if table.full_name in remade and left is not None:
                found.append((table, Commit(version=self.warehouse.version(table) or 0, operation=GONE)))
            elif commit := self.warehouse.by_another_hand(table, left, self.application(table)):
                found.append((table, commit))
        return found

    def refuse_company(self, before: Versions, of: str) -> None:
        """Before what lies in the tables is recorded as what the plan `of` made of them: whether nobody else wrote.

        Raises:
            MotherlodeError: somebody did.
        """
        for table in self.job.tables:
            for commit in self.warehouse.commits(table, before.get(table.name)):
                if not commit.is_upkeep and not commit.is_of(self.application(table, of)):
                    raise MotherlodeError(
                        f"{table.full_name}: another hand changed it while its job ran ({commit.in_words}):"
                        f" run {self.job.name} again"
                    )

    def _contents(self) -> Versions:
        found: Versions = {name: self.warehouse.content_version(table) for name, table in self.inputs.items()}
        # Files are no versioned table: what a listing says stands for a version.
        found |= {
            name: int(digest([self.landing.to_pylist(), self._taken_in_pieces()])[:14], 16)
            for name, read in self.job.reads.items()
            if isinstance(read, Landing)
        }
        return found

    def _taken_in_pieces(self) -> Versions:
        """A run may have left a part of a topic to the next one: what it took decides with what there is."""
        return self.versions() if self.landing["most"].null_count < len(self.landing) else {}

    def _named(self, name: str) -> str:
        return self.inputs[name].full_name if name in self.inputs else name

    def _gone(self) -> list[str]:
        """What the job made beside tables and is no longer there."""
        storage, paths = self.warehouse.storage, self.context.settings.paths
        documents = [d.full_name for d in self.job.documents if not storage.exists(document_path(paths, d))]
        models = [m.full_name for m in self.job.models if self.context.tracking.champion_version(m) is None]
        return [f"{name} is gone" for name in (*documents, *models)]

    def _models(self) -> list[Model]:
        read = [read for read in self.job.reads.values() if isinstance(read, Model)]
        for scorecard in self.job.reads.values():
            if isinstance(scorecard, Scorecard):
                read += [m for m in scorecard.models if self.context.tracking.champion_version(m) is not None]
        return read
