"""A source: what a file conf/sources/NAME.toml says about where records lie and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from motherlode.errors import UsageError

Columns = str | tuple[str, ...]


class SourceError(UsageError, ValueError):
    """A source's file asks for what there is not; the message names what there is."""


@dataclass(frozen=True)
class Source:
    """One source. Raises SourceError where it contradicts its format or target.

    Args:
        name: the stem of its file.
        format: how its records are written: segment, sendgrid, shopify or csv.
        path: its files, as a glob below the landing folder.
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
    path: str
    target: str
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
