"""A database by its JDBC driver: what a table has, asked by the driver process, and its errors in words.

Names of tables and columns are quoted as the database says; values in a condition are numbers that are written here. No
other text of a source's file reaches a statement.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from motherlode.errors import MotherlodeError, UnavailableError, UsageError
from motherlode.sources.source import DRIVERS, Database, Source
from motherlode.sources.tabular import columns_by_key

_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    # Texts as the server writes them: the driver's own of binary values would be others.
    "postgresql": {"binaryTransfer": "false", "connectTimeout": "10", "tcpKeepAlive": "true"},
}
_SESSION: Mapping[str, str] = {
    # The same value is the same text, whoever reads it, and wherever.
    "postgresql": "SET TIME ZONE 'UTC'; SET bytea_output = 'hex'; SET IntervalStyle = 'iso_8601'",
}
_INTEGERS = (-6, 5, 4, -5)
"""Of java.sql.Types: TINYINT, SMALLINT, INTEGER, BIGINT."""
_TIMES = (93, 2014)
"""Of the same: TIMESTAMP, TIMESTAMP_WITH_TIMEZONE."""
_ZONED = ("timestamptz", "timestamp with time zone", "timestamp with local time zone")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AWAY = ("08", "53", "57P", "40")
"""Classes of SQLSTATE: connection, resources, the server is ended by its keeper, a transaction was rolled back."""
_NOT_LET_IN = ("28", "08004")
_NO_TABLE = ("42P01", "42S02", "3F000")


@dataclass(frozen=True)
class Axis:
    """A column along which a table is cut, its values as whole numbers: those of a time are µs since 1970.

    Args:
        sql: its name, quoted.
        is_time: else it is a number.
        is_zoned: whether its times are instants; else a wall clock's.
    """

    sql: str
    is_time: bool
    is_zoned: bool

    @property
    def lowest(self) -> int:
        return micros(datetime(1, 1, 1, tzinfo=UTC)) if self.is_time else -(2**62)

    @property
    def ceiling(self) -> int:
        """What lies from here on, `infinity` too, is reached by no range."""
        return micros(datetime(9999, 1, 1, tzinfo=UTC)) if self.is_time else 2**62

    def literal(self, value: int) -> str:
        """In SQL. JDBC's escape for a time is understood by each driver."""
        if not self.is_time:
            return str(value)
        at = _EPOCH + timedelta(microseconds=value)
        return f"{{ts '{at.replace(tzinfo=None).isoformat(sep=' ', timespec='microseconds')}'}}"

    def value(self, text: str) -> int:
        """What the database writes."""
        return micros(datetime.fromisoformat(text)) if self.is_time else int(text)

    def within(self, begin: int, end: int) -> str:
        """A condition: from `begin` on, and before `end`."""
        return f"{self.sql} >= {self.literal(begin)} AND {self.sql} < {self.literal(end)}"

    @property
    def never(self) -> str:
        """A condition: in no range."""
        low, high = self.literal(self.lowest), self.literal(self.ceiling)
        return f"{self.sql} IS NULL OR {self.sql} < {low} OR {self.sql} >= {high}"


def micros(at: datetime) -> int:
    """Since 1970; a wall clock's as if it were UTC's."""
    return (at.replace(tzinfo=at.tzinfo or UTC) - _EPOCH) // timedelta(microseconds=1)


def properties(database: Database) -> dict[str, str]:
    """Of the driver; what is secret comes from the environment of this process.

    Raises:
        UsageError: a variable is not set.
    """
    found = {**_PROPERTIES.get(database.kind, {}), **database.options}
    for key, variable in database.secrets.items():
        if variable not in os.environ:
            raise UsageError(
                f"{variable} is not set: database.secrets of the source for table {database.table} names it"
            )
        found[key] = os.environ[variable]
    return found


def spark_options(database: Database) -> dict[str, str]:
    """Of Spark's reader, beside those of the driver."""
    session = _SESSION.get(database.kind)
    return {"driver": database.driver_class, **({"sessionInitStatement": session} if session else {})}


class Connection:
    """An open connection, for questions that have one row for an answer."""

    def __init__(self, java: Any, source: Source, database: Database) -> None:
        self._java = java
        self._source = source
        self._database = database
        self._quote = str(java.getMetaData().getIdentifierQuoteString()).strip() or '"'
        self.table = ".".join(map(self.quoted, database.table.split(".", 1)))
        self._types = self._described()

    @property
    def columns(self) -> list[str]:
        return list(self._types)

    def quoted(self, name: str) -> str:
        return f"{self._quote}{name.replace(self._quote, 2 * self._quote)}{self._quote}"

    def axis(self, key: str) -> Axis:
        """The column that a key of the source's file, `cursor` or `partition_by`, names.

        Raises:
            UsageError: it is neither a time nor a whole number.
        """
        column = getattr(self._database, key)
        kind, name = self._types[column]
        if kind not in (*_INTEGERS, *_TIMES):
            raise UsageError(
                f"{place_of(self._source)}: database.{key}: {column} is a {name}: it must be a time or a whole number"
            )
        return Axis(self.quoted(column), kind in _TIMES, kind == 2014 or name.lower() in _ZONED)

    def ask(self, what: str, where: str) -> list[str | None]:
        """The one row of what is asked of those rows of the table."""
        statement = self._java.createStatement()
        try:
            found = statement.executeQuery(f"SELECT {what} FROM {self.table} WHERE {where}")  # noqa: S608
            found.next()
            return [found.getString(n + 1) for n in range(found.getMetaData().getColumnCount())]
        finally:
            statement.close()

    def _described(self) -> dict[str, tuple[int, str]]:
        statement = self._java.createStatement()
        try:
            about = statement.executeQuery(f"SELECT * FROM {self.table} WHERE 1 = 0").getMetaData()  # noqa: S608
            places = range(1, about.getColumnCount() + 1)
            return {
                str(about.getColumnName(n)): (int(about.getColumnType(n)), str(about.getColumnTypeName(n)))
                for n in places
            }
        finally:
            statement.close()


@contextmanager
def connected(spark: SparkSession, source: Source, database: Database) -> Iterator[Connection]:
    """A connection for reading; what goes wrong meanwhile, in Spark's own reading of it too, is said in words.

    Raises:
        UnavailableError: the database is away.
        UsageError: it has no such table or column, lets nobody in, or its driver is not there.
    """
    jvm: Any = spark.sparkContext._jvm
    given = jvm.java.util.Properties()
    for key, value in properties(database).items():
        given.setProperty(key, value)
    try:
        driver = _driver(jvm, database)
        java = driver.connect(database.url, given)
        if java is None:
            raise UsageError(f"{place_of(source)}: database.url is none that {database.driver_class} reads")
        try:
            if session := _SESSION.get(database.kind):
                java.createStatement().execute(session)
            java.setReadOnly(True)
            connection = Connection(java, source, database)
            _check_columns(connection, source, database)
            yield connection
        finally:
            java.close()
    except (Py4JJavaError, PySparkException) as error:
        raise in_words(error, (source,)) or error from None


def in_words(error: BaseException, sources: Sequence[Source]) -> MotherlodeError | None:
    """What a driver's error means, without its own words, which may hold values; None for any other error.

    Args:
        sources: one of which it is of.
    """
    given = [(source.name, source.database) for source in sources if source.database is not None]
    state = _sql_state(error)
    if state is None or not given:
        return None
    who = " or ".join(name for name, _ in given)
    where = " or ".join(sorted({database.url for _, database in given}))
    table = " or ".join(sorted({database.table for _, database in given}))
    said = f"(SQLSTATE {state or 'none'})"
    if state.startswith(_NOT_LET_IN):
        named = sorted({variable for _, database in given for variable in database.secrets.values()})
        return UsageError(f"{who}: {where} lets nobody in {said}: database.secrets names {', '.join(named) or 'none'}")
    if state.startswith(_AWAY):
        return UnavailableError(f"{who}: {where} does not answer {said}: is it up, and may this machine reach it?")
    if state.startswith(_NO_TABLE):
        files = " or ".join(place_of(source) for source in sources if source.database is not None)
        return UsageError(f"{files}: database.table: there is no table {table} {said}; upper and lower case count")
    if state == "42501":
        return UsageError(f"{who}: its user may not read {table} {said}: GRANT SELECT on it")
    return UsageError(f"{who}: {where} could not read {table} {said}: the database's own log says why")


def _driver(jvm: Any, database: Database) -> Any:
    try:
        # A jar of the session is seen by its own loader alone.
        loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
        return loader.loadClass(database.driver_class).newInstance()
    except Py4JJavaError:
        fetched = "`make setup` fetches it" if database.driver_class in DRIVERS.values() else "put its jar"
        raise UsageError(f"no jar of the session has {database.driver_class}: {fetched} into paths.jars") from None


def _check_columns(connection: Connection, source: Source, database: Database) -> None:
    known = connection.columns
    keys = {"database.cursor": [database.cursor], "database.partition_by": [database.partition_by]}
    for key, names in {**keys, **columns_by_key(source)}.items():
        if missing := [name for name in names if name and name not in known]:
            raise UsageError(
                f"{place_of(source)}: {key}: {database.table} has no column {', '.join(missing)}; it has"
                f" {', '.join(known)}"
            )
    folded = [name.lower() for name in known]
    if twice := [name for name in known if folded.count(name.lower()) > 1]:
        raise UsageError(
            f"{place_of(source)}: {database.table} has columns that differ in upper and lower case alone,"
            f" {', '.join(twice)}: name a view of it"
        )


def place_of(source: Source) -> str:
    """Its file, for messages."""
    return f"conf/sources/{source.name}.toml"


def _sql_state(error: BaseException) -> str | None:
    """Of the first error of a driver among the causes; empty where that has none."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while java is not None:
        if any(kind.getName() == "java.sql.SQLException" for kind in _classes(java)):
            return str(java.getSQLState() or "")
        java = java.getCause()
    return None


def _classes(java: Any) -> Iterator[Any]:
    kind = java.getClass()
    while kind is not None:
        yield kind
        kind = kind.getSuperclass()
