"""The Delta tables: created from their contracts, read at a version, written in one commit each."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from motherlode.contracts.tables import Layer, Table
from motherlode.errors import QualityError, UsageError
from motherlode.runner.commits import GONE, Commit, commit_of
from motherlode.runner.storage import DamagedError, Storage, damaged

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKSUM = re.compile(r"\.?(\d{20})(?:\.json)?\.crc(?:\.crc)?")
_MATCHED = "_operation"
TRANSACTIONS_KEPT = {"delta.setTransactionRetentionDuration": "interval 90 days"}
"""Each run names its transactions anew: without an end a table's log would carry them all."""


@dataclass(frozen=True)
class Transaction:
    """What makes a repeated write a no-op: Delta skips a commit whose (application, version) it has seen."""

    application: str
    version: int


class Warehouse:
    """Tables below one root; a version of None is a table that was not written yet."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark = spark
        self.root = root.rstrip("/")
        self.storage = Storage(spark)
        self._commits: dict[str, Commit] = {}
        self._seen: dict[str, int | None] | None = None

    def path(self, table: Table) -> str:
        return f"{self.root}/{table.layer.label}/{table.name}"

    def version(self, table: Table) -> int | None:
        """The newest version, from the names in the log: cheaper than asking Delta."""
        if self._seen is None:
            return self._version(table)
        if table.full_name not in self._seen:
            self._seen[table.full_name] = self._version(table)
        return self._seen[table.full_name]

    @contextmanager
    def looked_at_once(self) -> Iterator[None]:
        """Within it each table is at one version, and its log listed once: a decision rests on one look at all."""
        self._seen = {}
        try:
            yield
        finally:
            self._seen = None

    def _version(self, table: Table) -> int | None:
        return max(versions_in(self.log(table)), default=None)

    def log(self, table: Table) -> list[str]:
        """The names of the files of its log."""
        return self.storage.names(f"{self.path(table)}/_delta_log")

    def read(self, table: Table, version: int | None) -> DataFrame:
        """The table at a version; empty, with the contract's columns, where it was not written yet."""
        if version is None:
            return self.spark.createDataFrame([], table.schema)
        reader = self.spark.read.format("delta").option("versionAsOf", version)
        rows = reader.load(self.path(table))
        # A field that a newer contract added is null in what was written before.
        present = set(rows.columns)
        return rows.select(
            *[F.col(f.name) if f.name in present else F.lit(None).cast(f.type).alias(f.name) for f in table.fields]
        )

    def newest(self, table: Table) -> DataFrame:
        """The table as it is now."""
        return self.read(table, self.version(table))

    def changes(self, table: Table, after: int, upto: int) -> DataFrame:
        """The change feed in (after, upto]: every row as it was and as it became."""
        reader = self.spark.read.format("delta").option("readChangeFeed", "true")
        feed = reader.option("startingVersion", after + 1).option("endingVersion", upto)
        return feed.load(self.path(table))

    def create(self, table: Table) -> None:
        """Create the table from its contract; one that is there gets the nullable fields that it lacks.

        Raises:
            UsageError: it differs from its contract in any other way.
        """
        if self._swept(table) is not None:
            self._evolve(table)
            return
        builder = DeltaTable.createIfNotExists(self.spark).location(self.path(table)).comment(table.doc)
        for field in table.fields:
            builder = builder.addColumn(field.name, field.type, nullable=field.nullable, comment=field.doc)
        if table.partition_by:
            builder = builder.partitionedBy(*table.partition_by)
        if table.cluster_by:
            builder = builder.clusterBy(*table.cluster_by)
        for key, value in _properties(table).items():
            builder = builder.property(key, value)
        builder.execute()

    def _swept(self, table: Table) -> int | None:
        """The newest version, and no checksum beyond it: those of versions that are gone would make the next ones
        unreadable."""
        names = self.log(table)
        newest = max(versions_in(names), default=None)
        for name in names:
            found = _CHECKSUM.fullmatch(name)
            if found and int(found.group(1)) > (-1 if newest is None else newest):
                self.storage.delete(f"{self.path(table)}/_delta_log/{name}")
        return newest

    def _evolve(self, table: Table) -> None:
        found = {field.name: field.dataType for field in self.spark.read.format("delta").load(self.path(table)).schema}
        wrong = [f.name for f in table.fields if f.name in found and found[f.name] != f.type]
        wrong += [f.name for f in table.fields if f.name not in found and not f.nullable]
        wrong += [name for name in found if name not in table.columns]
        if wrong:
            raise UsageError(
                f"{table.full_name}: the table at {self.path(table)} differs from its contract in {', '.join(wrong)}:"
                " migrate it, or move it away and run again"
            )
        missing = [field for field in table.fields if field.name not in found]
        if missing:
            columns = ", ".join(f"`{field.name}` {field.type.simpleString()}" for field in missing)
            self.spark.sql(f"ALTER TABLE delta.`{self.path(table)}` ADD COLUMNS ({columns})")  # names of contracts

    def conform(self, table: Table, rows: DataFrame) -> DataFrame:
        """The rows with the contract's columns, in its order and types.

        Raises:
            QualityError: a column is missing, or would change its kind.
        """
        missing = [name for name in table.columns if name not in rows.columns]
        if missing:
            raise QualityError(
                f"{table.full_name}: its job (owner: {table.owner}) left out {', '.join(missing)};"
                f" found {', '.join(rows.columns)}"
            )
        return rows.select(*[F.col(field.name).cast(field.type).alias(field.name) for field in table.fields])

    def append(self, table: Table, rows: DataFrame, transaction: Transaction) -> None:
        self.create(table)
        self._writer(table, rows, transaction).mode("append").save(self.path(table))

    def overwrite(self, table: Table, rows: DataFrame, transaction: Transaction, where: str | None = None) -> None:
        """Replace all rows, or those that `where` names, in one commit."""
        self.create(table)
        writer = self._writer(table, rows, transaction).mode("overwrite")
        if where:
            writer = writer.option("replaceWhere", where)
        writer.save(self.path(table))

    def merge(self, table: Table, difference: DataFrame, transaction: Transaction) -> None:
        """Apply rows marked by `difference` in one commit."""
        self.create(table)
        on = " AND ".join(f"old.`{name}` <=> new.`{name}`" for name in table.key)
        values = {name: f"new.`{name}`" for name in table.columns}
        with self.transaction(transaction):
            (
                DeltaTable.forPath(self.spark, self.path(table))
                .alias("old")
                .merge(difference.alias("new"), on)
                .whenMatchedDelete(f"new.{_MATCHED} = 'delete'")
                .whenMatchedUpdate(f"new.{_MATCHED} = 'update'", values)  # type: ignore[arg-type]
                .whenNotMatchedInsert(f"new.{_MATCHED} = 'insert'", values)  # type: ignore[arg-type]
                .execute()
            )

    def difference(self, table: Table, old: DataFrame, new: DataFrame) -> DataFrame:
        """What has to be inserted, updated and deleted to turn old rows into new ones.

        Volatile fields alone make no difference. One shuffle of both sides by key.
        """
        compared = [name for name in table.stable_columns if name not in table.key]
        left = old.select(*table.key, F.struct(*table.columns).alias("_old"))
        right = new.select(*table.key, F.struct(*table.columns).alias("_new"))
        both = left.join(right, on=list(table.key), how="full")
        same = F.lit(True)
        for name in compared:
            same = same & F.col(f"_old.{name}").eqNullSafe(F.col(f"_new.{name}"))
        operation = (
            F.when(F.col("_old").isNull(), "insert").when(F.col("_new").isNull(), "delete").when(~same, "update")
        )
        marked = both.withColumn(_MATCHED, operation).where(F.col(_MATCHED).isNotNull())
        row = F.coalesce("_new", "_old")
        return marked.select(*[row[name].alias(name) for name in table.columns], _MATCHED)

    def count(self, table: Table, version: int | None, before: tuple[int | None, int] = (None, 0)) -> int:
        """Rows at a version, from what its commits since another one (its version and rows) say of themselves.

        Where one of them says too little, Delta counts: half a second of planning instead of a small file.
        """
        if version is None:
            return 0
        known, rows = before
        # A table that is older than it was has been restored or made anew.
        counted: int | None = None if known is not None and known > version else rows
        for commit in range(0 if known is None else known + 1, version + 1):
            counted = None if counted is None else self.commit(table, commit).rows_after(counted)
        return self.read(table, version).count() if counted is None else counted

    def commit(self, table: Table, version: int) -> Commit:
        """What a commit of the table says of itself.

        Raises:
            DamagedError: its file is not whole.
        """
        path = f"{self.path(table)}/_delta_log/{version:020d}.json"
        if path not in self._commits:
            try:
                self._commits[path] = commit_of(version, self.storage.read(path))
            except ValueError:
                raise DamagedError(damaged(path)) from None
        return self._commits[path]

    def content_version(self, table: Table, upto: int | None = None) -> int | None:
        """The newest version (of those up to one) that changed rows: upkeep leaves a table what it was."""
        version = self.version(table) if upto is None else upto
        while version and self.commit(table, version).is_upkeep:
            version -= 1
        return version

    def commits(self, table: Table, after: int | None = None) -> Iterator[Commit]:
        """The newest first, down to the one after a version, as far as the log goes back."""
        newest, oldest = self.version(table), 0 if after is None else after + 1
        for version in range(-1 if newest is None else newest, oldest - 1, -1):
            commit = self.commit(table, version)
            if not commit.operation:
                return  # what Delta has cleaned away says nothing
            yield commit

    def origin(self, table: Table) -> str | None:
        """Delta's name of this very table; None where its log no longer goes back to its first commit."""
        return self.commit(table, 0).origin if self.version(table) is not None else None

    def is_remade(self, table: Table, origin: str | None) -> bool:
        """Whether it is not the table that had that origin, but one made anew; where nobody can say, it is that."""
        now = self.origin(table)
        return origin is not None and now is not None and now != origin

    def by_another_hand(self, table: Table, since: int | None, application: str) -> Commit | None:
        """The first commit after `since` that changed rows and carries no transaction whose name begins with ours.

        A table that is older than `since` was restored or made anew outside of Delta: its newest commit.
        """
        newest = self.version(table)
        if since is not None and (newest is None or newest < since):
            return Commit(version=-1 if newest is None else newest, operation=GONE)
        foreign = [c for c in self.commits(table, since) if not c.is_upkeep and not c.is_of(application)]
        return foreign[-1] if foreign else None

    def _writer(self, table: Table, rows: DataFrame, transaction: Transaction) -> DataFrameWriter:
        schema = StructType([StructField(f.name, f.type, f.nullable) for f in table.fields])
        writer = self.conform(table, rows).to(_nullable(schema)).write.format("delta")
        # As options: a stream's batch belongs to a session of its own, which sees no conf that is set on ours.
        return writer.option("txnAppId", transaction.application).option("txnVersion", transaction.version)

    @contextmanager
    def transaction(self, transaction: Transaction) -> Iterator[None]:
        """For what takes no options, as a merge: set and unset around it."""
        conf = self.spark.conf
        conf.set("spark.databricks.delta.write.txnAppId", transaction.application)
        conf.set("spark.databricks.delta.write.txnVersion", str(transaction.version))
        try:
            yield
        finally:
            conf.unset("spark.databricks.delta.write.txnAppId")
            conf.unset("spark.databricks.delta.write.txnVersion")

    @contextmanager
    def said(self, what: str) -> Iterator[None]:
        """What the commits within say of themselves."""
        name = "spark.databricks.delta.commitInfo.userMetadata"
        self.spark.conf.set(name, what)
        try:
            yield
        finally:
            self.spark.conf.unset(name)


def versions_in(log: list[str]) -> list[int]:
    """The versions whose commits are among the names of a log's files."""
    return [int(match.group(1)) for match in map(_COMMIT.fullmatch, log) if match]


def _nullable(schema: StructType) -> StructType:
    """Spark may not be able to prove what the table's own NOT NULL checks at the write."""
    return StructType([StructField(f.name, f.dataType, True) for f in schema])


def _properties(table: Table) -> dict[str, str]:
    statistics = table.statistics_columns
    properties = {
        "delta.dataSkippingStatsColumns": ",".join(statistics),
        "delta.enableDeletionVectors": str(table.layer not in (Layer.SERVING, Layer.BRONZE)).lower(),
        "delta.enableChangeDataFeed": str(table.layer > Layer.BRONZE).lower(),
        **TRANSACTIONS_KEPT,
        "motherlode.owner": table.owner,
        **{f"delta.constraints.{name}": condition for name, condition in table.constraints},
    }
    if not statistics:
        del properties["delta.dataSkippingStatsColumns"]
        properties["delta.dataSkippingNumIndexedCols"] = "0"
    return properties
