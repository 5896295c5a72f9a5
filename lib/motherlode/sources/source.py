"""A source: what a file conf/sources/NAME.toml says about where records lie and what they mean."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from motherlode.errors import UsageError

Columns = str | tuple[str, ...]
DRIVERS: Mapping[str, str] = {"postgresql": "org.postgresql.Driver"}
"""JDBC drivers that `make setup` fetches, by what stands behind `jdbc:`."""
_SECRET = re.compile("user|pass|pwd|secret|token", re.IGNORECASE)
_CREDENTIALS = re.compile(rf"//[^/?;]*@|:[^:/@]+/[^/@]+@|[?&;][^=]*(?:{_SECRET.pattern})[^=]*=", re.IGNORECASE)


class SourceError(UsageError, ValueError):
    """A source's file asks for what there is not; the message names what there is."""


@dataclass(frozen=True)
class Kafka:
    """A topic, each of whose messages is a record.

    Args:
        servers: HOST:PORT, several separated by commas.
        topic: its name.
        begin: earliest or latest: where the first run begins.
        options: of Kafka's consumer, without the `kafka.` that Spark puts before them.
        secrets: the same, each with the name of the environment variable that has its value.
    """

    servers: str
    topic: str
    begin: str = "earliest"
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.begin not in ("earliest", "latest"):
            raise SourceError(f"kafka.begin {self.begin!r} is unknown; known: earliest, latest")


@dataclass(frozen=True)
class Database:
    """A table or view of a database, each of whose rows is a record.

    Args:
        url: jdbc:postgresql://HOST:PORT/NAME, without credentials.
        table: TABLE or SCHEMA.TABLE, as the database stores the names.
        cursor: a column that grows with each change, a time or a whole number: a run takes what lies above the last
            run's highest. Without one a run takes the whole table.
        settle_seconds: of a cursor that is a time: rows younger than that wait, for a transaction that began before
            them may end after them.
        overlap: of a cursor that is a number, the same: so many numbers below what is new are read again.
        every_hours: of a whole table: it is taken once in so many hours; 0: by each run.
        partitions: how many connections read at once.
        partition_by: a column that never changes, a time or a whole number, by which they share; default: cursor.
        driver: the class of its driver; that of PostgreSQL is known.
        options: properties of the driver.
        secrets: the same, `user` and `password` among them, each with the name of the environment variable that has
            its value.
    """

    url: str
    table: str
    cursor: str = ""
    settle_seconds: float = 60
    overlap: int = 1000
    every_hours: float = 24
    partitions: int = 1
    partition_by: str = ""
    driver: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Nothing of what may be a password is repeated.
        if _CREDENTIALS.search(self.url) or any(_SECRET.search(key) for key in self.options):
            raise SourceError(
                "database: user and password stand in the environment, and `secrets` names the variables:"
                ' secrets = { user = "SHOP_USER", password = "SHOP_PASSWORD" }'
            )
        if not self.url.startswith("jdbc:"):
            raise SourceError("database.url must begin with jdbc: as in jdbc:postgresql://HOST:PORT/NAME")
        if not self.driver and self.kind not in DRIVERS:
            raise SourceError(f"database.driver must be set for {self.kind}: the class of its JDBC driver")
        if "" in self.table.split(".", 1):
            raise SourceError("database.table must be TABLE or SCHEMA.TABLE")
        if self.partitions < 1 or (self.partitions > 1 and not (self.partition_by or self.cursor)):
            raise SourceError("database.partitions: more than one need partition_by, a column by which they share")
        if self.settle_seconds < 0 or self.overlap < 0 or self.every_hours < 0:
            raise SourceError("database: settle_seconds, overlap and every_hours must not be negative")

    @property
    def kind(self) -> str:
        """Which database it is: postgresql."""
        return self.url.split(":")[1]

    @property
    def driver_class(self) -> str:
        return self.driver or DRIVERS[self.kind]

    @property
    def file(self) -> str:
        """What stands in the place of a file's path: another cursor begins anew."""
        return f"{self.table}/{self.cursor}" if self.cursor else self.table


@dataclass(frozen=True)
class Source:
    """One source. Raises SourceError where it contradicts its format or target.

    Args:
        name: the stem of its file.
        format: how its records are written: one of the modules in sources/formats.
        path: its files, as a glob below the landing folder.
        kafka: in the place of path: the topic that it is read from.
        database: in the place of path: the table that it is read from; its format is jdbc.
        target: the silver table that its records become.
        channel: web, app, email, store …: on what events and orders happened.
        zone: IANA zone of times without an offset; default: that of the business.
        scopes: identifier type to the scope in which its values mean one thing. Sources whose user_id names
            the same accounts share a scope. Default: this source alone; email and phone are global.
        events: the source's own name of an event to a canonical type; its format knows the vendor's names.
        columns: canonical column to the CSV's own. For an amount also several, summed, `-` before one
            that is subtracted.
        identifiers: identifier type to the CSV's column. `order` names the record where nobody is seen.
        key: the CSV's columns that together tell a repeat from a new row.
        constants: canonical column to the value that it has in each record.
        contacts: email, phone, name, address, birth_date to the CSV's column or columns.
        product: "product_id" or "sku": which of a shop system's two names of a product is the catalogue's; the
            other one stands in where it is missing.
        time_formats: Spark patterns of times that are not ISO 8601.
        time_from: "campaign" where records have no time: they happen when their campaign starts.
        export: of a table: "delta", what is new or changed since the last; "full", each file is the whole table, and
            what it lacks was deleted; "full_folder", the files of a folder together are. Default: delta, and full where
            a run takes a database's whole table. Of a format of whole days "delta": none takes another's place.
    """

    name: str
    format: str
    target: str
    path: str = ""
    kafka: Kafka | None = None
    database: Database | None = None
    channel: str = ""
    zone: str = "UTC"
    scopes: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Columns] = field(default_factory=dict)
    identifiers: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, Columns] = field(default_factory=dict)
    product: str = "product_id"
    time_formats: tuple[str, ...] = ()
    time_from: str = ""
    export: str = ""

    def __post_init__(self) -> None:
        # The registry knows the formats' modules, which know Source: only here can the circle be closed.
        from motherlode.sources.registry import check_source

        check_source(self)

    @property
    def is_whole(self) -> bool:
        """Whether what an export of it lacks was deleted."""
        from motherlode.sources.registry import format_of

        if format_of(self).whole_days:
            return self.kafka is None and self.export != "delta"
        if self.database is not None and not self.export:
            return not self.database.cursor
        return self.export in ("full", "full_folder")

    def scope(self, kind: str) -> str:
        """The scope of an identifier type in this source."""
        from motherlode.columns.identifiers import GLOBAL

        return "" if kind in GLOBAL else self.scopes.get(kind, self.name)


def known_zone(zone: str) -> bool:
    """Whether the time zone database has it."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
