"""Upsert: which keys were touched, and the inputs restricted to them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DateType

from motherlode.contracts.exports import DELETIONS
from motherlode.contracts.identity import CONSENTS
from motherlode.contracts.silver import TARGETS
from motherlode.contracts.tables import Subject, Table
from motherlode.runner.state import Versions
from motherlode.runner.warehouse import Warehouse

# A version of the feed, or a file of one, that upkeep has deleted.
_EXPIRED = re.compile("FILE_NOT_EXIST|FILE_NOT_FOUND|FileNotFound|MISSING_CHANGE_DATA|VERSION_NOT_FOUND")


@dataclass(frozen=True)
class Touched:
    """The values of `by` that are to be recomputed; `keys` of None stands for all of them."""

    by: tuple[str, ...]
    keys: DataFrame | None
    days: tuple[object, ...] | None = None

    def restrict(self, rows: DataFrame) -> DataFrame:
        """The rows of touched keys; all rows where everything is recomputed or the key is not theirs."""
        if self.keys is None or not set(self.by) <= set(rows.columns):
            return rows
        if self.days is not None:
            # Literals let Delta skip files.
            return rows.where(F.col(self.by[0]).isin(list(self.days)))
        keys = self.keys.select(*[F.col(name).alias(f"_by_{name}") for name in self.by])
        same = [F.col(name).eqNullSafe(F.col(f"_by_{name}")) for name in self.by]
        return rows.join(keys, on=reduce(Column.__and__, same), how="left_semi")


def touched_keys(
    warehouse: Warehouse,
    by: tuple[str, ...],
    tables: Mapping[str, Table],
    before: Versions,
    now: Versions,
) -> Touched | None:
    """What the change feeds since the last run touched; None where nothing was.

    A change in an input without the `by` columns, or a feed that has expired, touches all.
    """
    everything = Touched(by, None)
    changed = {name: table for name, table in tables.items() if before.get(name) != now.get(name)}
    if not changed:
        return None
    if not by:
        return everything
    parts: list[DataFrame] = []
    try:
        for name, table in changed.items():
            old, new = before.get(name), now.get(name)
            # One that is older than it was has been restored, or made anew.
            if new is None or new < (old or 0) or (old is None and not _restrictable(table, by)):
                return everything
            feed = warehouse.changes(table, -1 if old is None else old, new)
            if table.full_name == CONSENTS.full_name:
                parts += _of_customers(warehouse, by, tables, now, feed.select("customer_id"))
            elif table.full_name == DELETIONS.full_name:
                found = _of_deleted(warehouse, by, tables, now, feed.select("target", "key_id").distinct().persist())
                if found is None:
                    return everything
                parts += found
            elif _restrictable(table, by):
                parts.append(feed.select(*by))
            else:
                return everything
        if not parts:
            return None  # what went is of no table that the job reads
        keys = reduce(DataFrame.unionByName, parts).distinct()
        if len(by) == 1 and isinstance(keys.schema[by[0]].dataType, DateType):
            days = tuple(row[0] for row in keys.collect())
            return Touched(by, keys, days) if days else None
        keys = keys.persist()
        return None if keys.isEmpty() else Touched(by, keys)
    except AnalysisException:
        return everything
    except (PySparkException, Py4JJavaError) as error:
        if _EXPIRED.search(str(error)):
            return everything
        raise


def _restrictable(table: Table, by: tuple[str, ...]) -> bool:
    return set(by) <= set(table.columns)


def _of_customers(
    warehouse: Warehouse, by: tuple[str, ...], tables: Mapping[str, Table], now: Versions, who: DataFrame
) -> list[DataFrame]:
    """Customers who decided anew touch the keys under which the inputs hold them."""
    found = []
    for name, table in tables.items():
        if table.subject is Subject.CUSTOMER and table.full_name != CONSENTS.full_name and _restrictable(table, by):
            rows = warehouse.read(table, now.get(name))
            found.append(rows.join(who.distinct(), on="customer_id", how="left_semi").select(*by))
    return found


def _of_deleted(
    warehouse: Warehouse, by: tuple[str, ...], tables: Mapping[str, Table], now: Versions, told: DataFrame
) -> list[DataFrame] | None:
    """Rows that went or came back touch their keys; None where a table has some that is not restricted to any."""
    found = []
    targets = {row["target"] for row in told.select("target").distinct().collect()}
    for name, table in tables.items():
        if table in TARGETS and table.name in targets:
            if not _restrictable(table, by):
                return None
            keys = told.where(F.col("target") == table.name).select("key_id")
            found.append(warehouse.read(table, now.get(name)).join(keys, on="key_id", how="left_semi").select(*by))
    return found
