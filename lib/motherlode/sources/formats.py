"""The registry of input formats."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pyspark.sql import DataFrame

from motherlode.columns.identifiers import PRIORITY
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources import segment, sendgrid, shopify, tabular
from motherlode.sources.source import Source, SourceError, known_zone
from motherlode.sources.vocabulary import EVENT_TYPES

CONTACT_KINDS = ("email", "phone", "name", "address", "birth_date")
_TARGETS = {target.name: target for target in silver.TARGETS}


@dataclass(frozen=True)
class Format:
    """How records of a format are cut out of files, and read.

    Args:
        splitter: lines; json_arrays, which are read whole, a line or a file each, objects a line too; or csv.
        parse: records, source and target to the shape of `parsed.shaped`.
        targets: the tables that records of this format can become.
        has_contacts: a record can hold contact points without the source's file naming them.
    """

    name: str
    splitter: Literal["lines", "json_arrays", "csv"]
    parse: Callable[[DataFrame, Source, Table], DataFrame]
    targets: tuple[Table, ...]
    has_contacts: bool = False


FORMATS = {
    known.name: known
    for known in (
        Format("segment", "lines", segment.parse, (silver.EVENTS,), has_contacts=True),
        Format("sendgrid", "json_arrays", sendgrid.parse, (silver.EVENTS,)),
        Format("shopify", "json_arrays", shopify.parse, (silver.ORDER_LINES,), has_contacts=True),
        Format("csv", "csv", tabular.parse, silver.TARGETS),
    )
}


def format_of(source: Source) -> Format:
    """The format of a source."""
    return FORMATS[source.format]


def target_of(source: Source) -> Table:
    """The silver table that a source's records become."""
    return _TARGETS[source.target]


def has_contacts(source: Source) -> bool:
    """Whether its records can hold contact points."""
    return bool(source.contacts) or format_of(source).has_contacts


def check_source(source: Source) -> None:
    """Raises SourceError, in one line, for the first thing that the source's file asks for and that there is not."""
    _known("format", [source.format], list(FORMATS))
    _known("target", [source.target], [target.name for target in format_of(source).targets])
    _known("scopes", list(source.scopes), [*PRIORITY, "person"])
    _known("events", list(source.events.values()), list(EVENT_TYPES))
    if not known_zone(source.zone):
        raise SourceError(f"zone {source.zone!r} is unknown: write it as America/New_York or UTC")
    _known("product", [source.product], ["product_id", "sku"])
    if source.time_from not in ("", "campaign"):
        raise SourceError(f"time_from {source.time_from!r} is unknown; known: campaign")
    if source.time_from and (source.target != silver.EVENTS.name or "campaign_id" not in source.columns):
        raise SourceError('time_from = "campaign" needs target = "events" and a column for campaign_id')
    if "channel" in target_of(source).columns and not source.channel:
        raise SourceError(f"channel must be set for target {source.target}: web, app, email, store …")
    if source.format == "csv":
        _check_csv(source)
    elif extra := [n for n in ("columns", "identifiers", "key", "constants", "contacts") if getattr(source, n)]:
        raise SourceError(f"{', '.join(extra)}: only a csv source maps columns; format {source.format} knows its own")


def _check_csv(source: Source) -> None:
    target = target_of(source)
    allowed = tabular.canonical_columns(target)
    _known("columns", list(source.columns), allowed)
    _known("constants", list(source.constants), allowed)
    _known("contacts", list(source.contacts), list(CONTACT_KINDS))
    _known("identifiers", list(source.identifiers), list(PRIORITY))
    if not source.key:
        raise SourceError("key must be set: the columns that together tell a repeat from a new row")
    sums = [name for name, entry in source.columns.items() if not isinstance(entry, str)]
    _known("columns with several of the CSV's columns", sums, ["gross", "discount", "net", "revenue"])
    if both := sorted(set(source.columns) & set(source.constants)):
        raise SourceError(f"{', '.join(both)}: stands in columns and in constants")
    given = {*source.columns, *source.constants}
    if source.time_from:
        given.add("occurred_at")
    needed = [name for name in tabular.required_columns(target) if name not in given]
    if target is silver.ORDER_LINES and not given & {"net", "gross"}:
        needed.append("net or gross")
    if needed:
        raise SourceError(f"target {source.target} needs columns or constants for: {', '.join(needed)}")
    seen_otherwise = target in (silver.IDENTITY_TRUTH, silver.ORDER_LINES)
    if "identifiers" in target.columns and not source.identifiers and not seen_otherwise:
        raise SourceError(f"identifiers must be set for target {source.target}; types: {', '.join(PRIORITY)}")
    if source.target == silver.EVENTS.name and not source.events:
        _known("constants.type", [source.constants.get("type", "other")], list(EVENT_TYPES))


def _known(what: str, values: list[str], known: list[str]) -> None:
    if unknown := sorted(set(values) - set(known)):
        raise SourceError(f"{what}: {', '.join(unknown)} is unknown; known: {', '.join(known)}")
