"""The one shape in which every format hands its records on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DataType, StringType, StructType

from motherlode.checks.rules import first_problem, flags, problem, required
from motherlode.columns.arrays import those
from motherlode.columns.identifiers import PRIORITY, cleaned, normalised
from motherlode.columns.pseudonym import code
from motherlode.columns.times import if_plausible, plausible
from motherlode.contracts import silver
from motherlode.contracts.bronze import ADDRESS_COLUMNS
from motherlode.contracts.tables import Table
from motherlode.sources.paths import at
from motherlode.sources.source import Source

CARRIED = (*ADDRESS_COLUMNS, "received_at", "header", "raw")
PLAIN = "array<struct<type: string, scope: string, code: string>>"
CONTACTS = "array<struct<kind: string, value: string>>"
HIDDEN: Mapping[str, Mapping[str, str]] = {
    silver.CUSTOMERS.name: {"household": "household"},
    silver.IDENTITY_TRUTH.name: {"person": "person"},
}
"""Columns of a target that hold a keyed hash beside key_id and the identifiers: column to identifier type."""
_COMMON = {
    "row_id",
    "identifier",
    "identifiers",
    "occurred_at",
    "occurred_on",
    "known_at",
    "claimed_on",
    "key_id",
    "flags",
    *ADDRESS_COLUMNS,
}
_LINE = ("line_no", "product_id", "quantity", "gross", "discount", "net", "tax")


@dataclass(frozen=True)
class Identifier:
    """One identifier of a record, plain, as found."""

    type: str
    value: Column


@dataclass(frozen=True)
class Parsed:
    """What a format says about a record, as columns of its frame.

    Args:
        key: what tells a repeat from something new, as one string made from structure.
        content: all that is read of the record, transport apart, as one string made from structure.
        problem: why the record cannot be taken, or null.
        fields: the target's own columns; absent ones are null.
        plain: in the place of `identifiers`, where a record itself says their type.
        dated: whether the record holds a time of its own.
        claimed_at: when it happened by a clock that may be wrong, where that differs from occurred_at.
    """

    key: Column
    content: Column
    problem: Column
    occurred_at: Column
    known_at: Column
    fields: Mapping[str, Column]
    identifiers: Sequence[Identifier] = ()
    contacts: Mapping[str, Column] = field(default_factory=dict)
    flags: Mapping[str, Column] = field(default_factory=dict)
    plain: Column | None = None
    dated: bool = True
    claimed_at: Column | None = None


def own_fields(target: Table) -> dict[str, DataType]:
    """The columns that a parser gives for a target, beside the common ones."""
    types = {f.name: f.type for f in target.fields if f.name not in _COMMON}
    if target is silver.EVENTS:
        del types["is_bot"]
        return {**types, "user_agent": StringType(), "marked_bot": BooleanType()}
    if target is silver.ORDER_LINES:
        line = StructType()
        for name in _LINE:
            line.add(name, types.pop(name))
        return {**types, "lines": ArrayType(line)}
    return types


def ruled_fields(target: Table) -> dict[str, DataType]:
    """The fields that a rule of conf/cleansing.toml may name: a target's own, those of a line, and its times."""
    own = own_fields(target)
    lines = own.pop("lines", None)
    inner = lines.elementType if isinstance(lines, ArrayType) else None
    of_lines = {field.name: field.dataType for field in inner.fields} if isinstance(inner, StructType) else {}
    times = {f.name: f.type for f in target.fields if f.name in ("occurred_at", "known_at")}
    # Coded for hashing before rules see them.
    hidden = HIDDEN.get(target.name, {})
    return {name: kind for name, kind in {**own, **of_lines, **times}.items() if name not in hidden}


def shaped(frame: DataFrame, source: Source, target: Table, parsed: Parsed) -> DataFrame:
    """CARRIED, key, key_id (for hashing, where somebody will look for it), content, plain (coded, strongest first),
    contacts, occurred_at, known_at, claimed_on, flags, problem and the own fields of the target. A field that the
    contract wants and that is null is a problem.
    """
    own = own_fields(target)
    if parsed.plain is None:
        frame = _with_identifiers(frame, parsed.identifiers, source)
    else:
        frame = frame.withColumn("plain", parsed.plain).withColumn("_unusable", flags({}))
    claimed_at = parsed.occurred_at if parsed.claimed_at is None else parsed.claimed_at
    raised = {**parsed.flags, "known_at_implausible": ~plausible(parsed.known_at)}
    fields = {name: parsed.fields.get(name, F.lit(None)).cast(kind) for name, kind in own.items()}
    contacts = [
        (F.struct(F.lit(kind).alias("kind"), value.alias("value")), value.isNotNull())
        for kind, value in parsed.contacts.items()
    ]
    named = code("key", source.name, F.sha2(parsed.key, 256))
    is_sought = target is silver.EVENTS or source.is_whole
    given = frame.select(
        *CARRIED,
        parsed.key.alias("key"),
        (named if is_sought else F.lit(None).cast("string")).alias("key_id"),
        parsed.content.alias("content"),
        "plain",
        those(contacts, CONTACTS).alias("contacts"),
        parsed.occurred_at.cast("timestamp").alias("occurred_at"),
        F.coalesce(if_plausible(parsed.known_at), parsed.occurred_at).cast("timestamp").alias("known_at"),
        F.to_date(if_plausible(claimed_at)).alias("claimed_on"),
        F.concat("_unusable", flags(raised)).alias("flags"),
        parsed.problem.alias("problem"),
        *[column.alias(name) for name, column in fields.items()],
    )
    wanted = [required(F.col(name), name) for name in _required_fields(target)]
    if parsed.dated:
        wanted.append(required(F.col("occurred_at"), "occurred_at"))
    return given.withColumn("problem", first_problem(F.col("problem"), *wanted))


def _required_fields(target: Table) -> list[str]:
    own = own_fields(target)
    return [f.name for f in target.fields if not f.nullable and f.name in own]


def _with_identifiers(frame: DataFrame, identifiers: Sequence[Identifier], source: Source) -> DataFrame:
    """Adds `plain`, the identifiers ready for hashing, and `_unusable`: flags for what was given and names nobody.

    In steps, so that Spark works each value out once rather than wherever it is used.
    """
    ordered = sorted(identifiers, key=lambda i: PRIORITY.index(i.type))
    places = range(len(ordered))
    frame = frame.withColumns({f"_given{n}": cleaned(ordered[n].value) for n in places})
    frame = frame.withColumns({f"_usable{n}": normalised(ordered[n].type, F.col(f"_given{n}")) for n in places})
    entries: list[tuple[Column, Column]] = []
    unusable: dict[str, Column] = {}
    for n, found in enumerate(ordered):
        usable = F.col(f"_usable{n}")
        entries.append((to_hash(F.lit(found.type), F.lit(source.scope(found.type)), usable), usable.isNotNull()))
        refused = F.col(f"_given{n}").isNotNull() & usable.isNull()
        flag = f"{found.type}_unusable"
        unusable[flag] = unusable[flag] | refused if flag in unusable else refused
    plain = F.array_distinct(those(entries, PLAIN))
    return frame.withColumn("plain", plain).withColumn("_unusable", flags(unusable))


def to_hash(kind: Column, scope: Column, usable: Column) -> Column:
    """An entry of `plain`."""
    return F.struct(kind.alias("type"), scope.alias("scope"), code(kind, scope, usable).alias("code"))


def identifiers_in(record: Column, fields: Mapping[str, Sequence[str]]) -> list[Identifier]:
    """What a format declares as identifiers: type to the paths where one stands."""
    return [Identifier(kind, at(record, path)) for kind, paths in fields.items() for path in paths]


def canonical_type(name: Column, source: Source) -> Column:
    """The canonical type of an event by its vendor's or its source's own name; `other` for what neither knows."""
    if not source.events:
        return F.lit("other")
    names = F.create_map(*[F.lit(text) for pair in source.events.items() for text in pair])
    return F.coalesce(F.try_element_at(names, name), F.lit("other"))


def product_of(record: Column, source: Source) -> Column:
    """The product that a record of a shop system names."""
    names = (source.product, "sku" if source.product == "product_id" else "product_id")
    return F.coalesce(*[cleaned(record[name]) for name in names])


def read_json(records: DataFrame, schema: str) -> DataFrame:
    """CARRIED, `r` (the record as `schema`, whose leaves are texts) and `problem`."""
    parsed = records.withColumn("_json", json_in(F.col("raw"), schema))
    return parsed.select(
        *CARRIED, F.col("_json.r").alias("r"), json_problem(F.col("raw"), F.col("_json")).alias("problem")
    )


def json_in(text: Column, schema: str) -> Column:
    """`r`, a JSON object as `schema`, null where it is none, and `_bad` where something in it has another form.

    It is read as a member of an object, since Spark would take the first of two that are glued
    together and drop the other.
    """
    whole = F.concat(F.lit('{"r":'), text, F.lit("}"))
    return F.from_json(whole, f"r struct<{schema}>, _bad string", {"columnNameOfCorruptRecord": "_bad"})


def json_problem(text: Column, read: Column, path: str | None = None) -> Column:
    """Why a text that is there is no such object, from what `json_in` made of it."""
    none = F.when(text.isNotNull() & read["r"].isNull(), problem("json", path, text, "one JSON object"))
    allowed = "objects and arrays where the format has them"
    return first_problem(none, F.when(read["_bad"].isNotNull(), problem("json_types", path, None, allowed)))
