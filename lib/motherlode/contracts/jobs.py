"""A job, declared once: what it reads and writes, its transform, purpose and mode."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

from pyspark.sql import Column, DataFrame

from motherlode.contracts.documents import Document
from motherlode.contracts.fields import ContractError, check_name
from motherlode.contracts.models import Fitted, Model
from motherlode.contracts.tables import Layer, Purpose, Subject, Table


@dataclass(frozen=True)
class Previous:
    """The job's own last output, as it stood when the run was planned; empty at first."""

    table: Table


@dataclass(frozen=True)
class Landing:
    """The files that lie under the sources' paths now: source, path, size, modified_at."""


@dataclass(frozen=True)
class Contents:
    """The records in the files that a manifest names, split in the way of their source's format."""

    manifest: Table


@dataclass(frozen=True)
class Scorecard:
    """How good each model's champion is: model, model_version, trained_as_of, metric, value, baseline."""

    models: tuple[Model, ...]


@dataclass(frozen=True)
class Addresses:
    """Where the rows of tables come from, and little else of them: table (its full name), source, batch, file, offset.

    One DataFrame for all. It says nothing about a person, so consent does not act on it.

    Args:
        beside: what else of each table is read, the same columns of all.
    """

    tables: tuple[Table, ...]
    beside: Callable[[Table], Sequence[Column]] = lambda table: ()


Input = Table | Previous | Landing | Contents | Model | Scorecard | Addresses
Output = Table | Model | Document


@dataclass(frozen=True)
class Append:
    """Takes what is new of one input since the last run, once, and appends.

    Args:
        stream: the name in `reads` that is followed by its checkpoint; None for a listing, whose
            transform itself leaves out what `Previous` has.
        only: from the job's params, which rows of the stream it takes: pushed down to the files.
    """

    stream: str | None
    only: Callable[[Any], Column] | None = None


@dataclass(frozen=True)
class Upsert:
    """Recomputes the keys whose inputs changed, merges the difference, deletes what vanished.

    Args:
        by: the columns, in each output, whose values are recomputed together. An input that has them
            too is restricted to the touched values; a change in any other input recomputes all.
            Empty: always recompute all, still writing only the difference.
    """

    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Computes a whole table as of a date.

    Args:
        history: replace just that date in a table partitioned by `as_of`; else the whole table.
    """

    history: bool = True


Mode = Append | Upsert | Snapshot
Outputs = Mapping[str, "DataFrame | Fitted | str"]
RESERVED = ("params", "as_of")
# They name a customer beside the identifier (of a person; of a household), and the runner filters them.
_CONSENT_ACTS_THROUGH = ("identity.customer_map", "identity.customers")


@dataclass(frozen=True)
class Job:
    """A pure transform with its contract. Building an inconsistent one raises ContractError.

    The transform's parameters are the keys of `reads`, and `params` and `as_of` where it asks for them.
    It returns a mapping from the names of `writes` to DataFrames (a Fitted for a model, text for a
    document). It may
    `persist()` what feeds several outputs: the runner lets go of it.
    """

    name: str
    doc: str
    reads: Mapping[str, Input]
    writes: tuple[Output, ...]
    transform: Callable[..., Outputs]
    mode: Mode
    purpose: Purpose
    params: type | None = None

    def __post_init__(self) -> None:
        layer, _, short = self.name.partition(".")
        check_name("job", layer)
        check_name("job", short)
        if layer.upper() not in Layer.__members__:
            raise ContractError(f"job {self.name}: no layer {layer!r}")
        if not self.writes:
            raise ContractError(f"job {self.name}: writes nothing")
        for written in self.writes:
            if written.layer != self.layer:
                raise ContractError(f"job {self.name}: writes {written.full_name}, which is of another layer")
        self._check_reads()
        self._check_signature()
        self._check_mode()

    @property
    def layer(self) -> Layer:
        return Layer[self.name.partition(".")[0].upper()]

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(written for written in self.writes if isinstance(written, Table))

    @property
    def models(self) -> tuple[Model, ...]:
        return tuple(written for written in self.writes if isinstance(written, Model))

    @property
    def documents(self) -> tuple[Document, ...]:
        return tuple(written for written in self.writes if isinstance(written, Document))

    @property
    def followed(self) -> Table | None:
        """The table that an append follows by its checkpoint."""
        read = self.reads[self.mode.stream] if isinstance(self.mode, Append) and self.mode.stream else None
        if isinstance(read, Contents):
            return read.manifest
        return read if isinstance(read, Table) else None

    @property
    def wants(self) -> frozenset[str]:
        """Which of the reserved parameters the transform asks for."""
        return frozenset(RESERVED) & frozenset(inspect.signature(self.transform).parameters)

    @property
    def is_dated(self) -> bool:
        """Whether it computes for a business day."""
        has_history = isinstance(self.mode, Snapshot) and self.mode.history
        return has_history or "as_of" in self.wants or bool(self.models)

    def sources(self) -> list[Table | Model]:
        """What other jobs must have written before."""
        found: list[Table | Model] = []
        for read in self.reads.values():
            if isinstance(read, (Table, Model)):
                found.append(read)
            elif isinstance(read, Contents):
                found.append(read.manifest)
            elif isinstance(read, Scorecard):
                found.extend(read.models)
            elif isinstance(read, Addresses):
                found.extend(read.tables)
        return found

    def _check_reads(self) -> None:
        for read in self.reads.values():
            if isinstance(read, Previous) and read.table not in self.writes:
                raise ContractError(f"job {self.name}: Previous({read.table.full_name}) is not its own output")
        for source in self.sources():
            if source.layer > self.layer:
                raise ContractError(f"job {self.name}: reads {source.full_name}, which lies to its right")
            if source in self.writes:
                raise ContractError(f"job {self.name}: reads its own {source.full_name} without Previous()")
            if isinstance(source, Table) and self.purpose not in source.purposes:
                raise ContractError(f"job {self.name}: {source.full_name} is not kept for {self.purpose}")
        if (self.layer <= Layer.IDENTITY) != (self.purpose is Purpose.OPERATION):
            raise ContractError(f"job {self.name}: purpose {self.purpose} does not fit its layer")
        if self.layer > Layer.IDENTITY:
            tables = [read for read in self.reads.values() if isinstance(read, Table)]
            by_identifier = [t for t in tables if t.subject is Subject.IDENTIFIER and t.layer < Layer.IDENTITY]
            if by_identifier and not any(t.full_name in _CONSENT_ACTS_THROUGH for t in tables):
                raise ContractError(
                    f"job {self.name}: {by_identifier[0].full_name} is about identifiers: join one of"
                    f" {', '.join(_CONSENT_ACTS_THROUGH)}, through which consent acts"
                )

    def _check_signature(self) -> None:
        names = set(inspect.signature(self.transform).parameters)
        if clash := names & set(RESERVED) & set(self.reads):
            raise ContractError(f"job {self.name}: {', '.join(sorted(clash))} is a reserved name")
        if names - set(RESERVED) != set(self.reads):
            raise ContractError(
                f"job {self.name}: transform takes {sorted(names - set(RESERVED))}, reads names {sorted(self.reads)}"
            )
        if ("params" in names) != (self.params is not None):
            raise ContractError(f"job {self.name}: params are declared and taken together, or not at all")
        if self.params is not None and not is_dataclass(self.params):
            raise ContractError(f"job {self.name}: params {self.params.__name__} is no dataclass")

    def _check_mode(self) -> None:
        match self.mode:
            case Append(stream=stream):
                if stream is not None and not isinstance(self.reads.get(stream), (Table, Contents)):
                    raise ContractError(f"job {self.name}: stream {stream!r} is no table that it reads")
                if "as_of" in self.wants:
                    raise ContractError(f"job {self.name}: an append has no as_of")
            case Upsert(by=by):
                for table in self.tables:
                    if missing := [column for column in by if column not in table.columns]:
                        raise ContractError(f"job {self.name}: {table.full_name} lacks {', '.join(missing)}")
            case Snapshot(history=True):
                for table in self.tables:
                    if table.partition_by != ("as_of",):
                        raise ContractError(f"job {self.name}: {table.full_name} must be partitioned by as_of")
            case Snapshot():
                pass
