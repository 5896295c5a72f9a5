"""The registry of input formats."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from motherlode.columns.identifiers import PRIORITY
from motherlode.contracts import silver
from motherlode.contracts.fields import ContractError
from motherlode.contracts.tables import Table
from motherlode.sources import formats, tabular
from motherlode.sources.format import Format
from motherlode.sources.source import Source, SourceError, known_zone
from motherlode.sources.vocabulary import EVENT_TYPES

CONTACT_KINDS = ("email", "phone", "name", "address", "birth_date")
_TARGETS = {target.name: target for target in silver.TARGETS}


@cache
def known_formats() -> Mapping[str, Format]:
    """Every module of formats/ by name; each is the format that its FORMAT says.

    Raises:
        ContractError: one declares none, or under another name.
    """
    found = {}
    for module in sorted(pkgutil.iter_modules(formats.__path__), key=lambda m: m.name):
        declared = getattr(importlib.import_module(f"{formats.__name__}.{module.name}"), "FORMAT", None)
        if not isinstance(declared, Format) or declared.name != module.name:
            raise ContractError(f"sources/formats/{module.name}.py: has no FORMAT of that name")
        found[module.name] = declared
    return found


def format_of(source: Source) -> Format:
    """The format of a source."""
    return known_formats()[source.format]


def target_of(source: Source) -> Table:
    """The silver table that a source's records become."""
    return _TARGETS[source.target]


def has_contacts(source: Source) -> bool:
    """Whether its records can hold contact points."""
    return bool(source.contacts) or format_of(source).has_contacts


def check_source(source: Source) -> None:
    """Raises SourceError, in one line, for the first thing that the source's file asks for and that there is not."""
    _known("format", [source.format], list(known_formats()))
    _known("target", [source.target], [target.name for target in format_of(source).targets])
    if sum((bool(source.path), source.kafka is not None, source.database is not None)) != 1:
        raise SourceError("path, kafka or database must be set, and one alone: where do its records lie?")
    if (source.database is not None) != (format_of(source).splitter == "rows"):
        raise SourceError('a source with a database has format = "jdbc", and no other has')
    if source.kafka and format_of(source).splitter not in ("lines", "json_arrays"):
        raise SourceError(f"kafka: format {source.format} is read from files alone")
    _known("scopes", list(source.scopes), [*PRIORITY, "person"])
    _known("events", list(source.events.values()), list(EVENT_TYPES))
    if not known_zone(source.zone):
        raise SourceError(f"zone {source.zone!r} is unknown: write it as America/New_York or UTC")
    _known("product", [source.product], ["product_id", "sku"])
    if source.time_from not in ("", "campaign"):
        raise SourceError(f"time_from {source.time_from!r} is unknown; known: campaign")
    if source.time_from and (source.target != silver.EVENTS.name or "campaign_id" not in source.columns):
        raise SourceError('time_from = "campaign" needs target = "events" and a column for campaign_id')
    _check_export(source)
    if "channel" in target_of(source).columns and not source.channel:
        raise SourceError(f"channel must be set for target {source.target}: web, app, email, store …")
    if format_of(source).maps_columns:
        _check_mapping(source)
    elif extra := [n for n in ("columns", "identifiers", "key", "constants", "contacts") if getattr(source, n)]:
        raise SourceError(
            f"{', '.join(extra)}: only a source of tables maps columns; format {source.format} knows its own"
        )


def _check_export(source: Source) -> None:
    if not source.export:
        return
    _known("export", [source.export], ["delta", "full", "full_folder"])
    if not format_of(source).maps_columns and not (format_of(source).whole_days and source.export == "delta"):
        raise SourceError(f"export: only a source of tables says so; format {source.format} knows its own")
    if source.export != "delta" and (source.kafka or (source.database and source.database.cursor)):
        raise SourceError(f"export {source.export}: what has a cursor, or a topic, is never taken whole")
    if source.export == "full_folder" and not source.path:
        raise SourceError("export full_folder: only files lie in folders; write full")


def _check_mapping(source: Source) -> None:
    target = target_of(source)
    allowed = tabular.canonical_columns(target)
    _known("columns", list(source.columns), allowed)
    _known("constants", list(source.constants), allowed)
    _known("contacts", list(source.contacts), list(CONTACT_KINDS))
    _known("identifiers", list(source.identifiers), list(PRIORITY))
    if not source.key:
        raise SourceError("key must be set: the columns that together tell a repeat from a new row")
    sums = [name for name, entry in source.columns.items() if not isinstance(entry, str)]
    _known("columns with several of the file's columns", sums, ["gross", "discount", "net", "tax", "revenue"])
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
