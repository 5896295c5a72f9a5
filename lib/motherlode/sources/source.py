"""A source: what a file conf/sources/NAME.toml says about where records lie and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from motherlode.errors import UsageError

Columns = str | tuple[str, ...]


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
class Source:
    """One source. Raises SourceError where it contradicts its format or target.

    Args:
        name: the stem of its file.
        format: how its records are written: one of the modules in sources/formats.
        path: its files, as a glob below the landing folder.
        kafka: in the place of path: the topic that it is read from.
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
    """

    name: str
    format: str
    target: str
    path: str = ""
    kafka: Kafka | None = None
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

    def __post_init__(self) -> None:
        # The registry knows the formats' modules, which know Source: only here can the circle be closed.
        from motherlode.sources.registry import check_source

        check_source(self)

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
