"""Rows of tables: a source's file says which of their columns is what."""

from collections.abc import Iterable, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    StringType,
    TimestampType,
)

from motherlode.checks.rules import (
    first_problem,
    implausible_date,
    not_negative,
    one_of,
    plausible_amount,
    plausible_time,
    problem,
    readable,
    required,
)
from motherlode.columns.identifiers import BLOCKED, FALLBACK, PRIORITY, cleaned, normalised
from motherlode.columns.numbers import decimal, real
from motherlode.columns.pseudonym import code
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.structure import structure
from motherlode.columns.times import instant
from motherlode.contracts import silver
from motherlode.contracts.fields import MONEY
from motherlode.contracts.tables import Purpose, Table
from motherlode.sources.parsed import CARRIED, PLAIN, Identifier, Parsed, own_fields, read_json, shaped, to_hash
from motherlode.sources.source import Columns, Source

_LINE = ("line_no", "product_id", "quantity", "gross", "discount", "net")
_PSEUDO: Mapping[str, tuple[str, ...]] = {
    silver.ORDER_LINES.name: _LINE,
    silver.SURVEY_ANSWERS.name: ("answer",),
    silver.IDENTITY_TRUTH.name: ("value",),
}


def canonical_columns(target: Table) -> list[str]:
    """What `columns` and `constants` of a source of tables may name."""
    own = [name for name in own_fields(target) if name not in ("lines", "channel", "marked_bot", "score", "comment")]
    times = ["occurred_at"] if "occurred_at" in target.columns else []
    return [*own, *_PSEUDO.get(target.name, ()), *times, "known_at"]


def required_columns(target: Table) -> list[str]:
    """Of those, the ones that a source must give."""
    if target is silver.ORDER_LINES:
        return ["order_id", "line_no", "quantity", "currency", "occurred_at"]
    # What the table may lack, or holds under another name, and a source may not be without.
    extra = {
        silver.SURVEY_ANSWERS.name: ["answer"],
        silver.ATTRIBUTES.name: ["value"],
        silver.IDENTITY_TRUTH.name: ["value"],
    }.get(target.name, [])
    allowed = canonical_columns(target)
    return [f.name for f in target.fields if f.name in allowed[:-1] and not f.nullable] + extra


def mapped(frame: DataFrame, source: Source, target: Table) -> DataFrame:
    """Rows of a table to the shape of `parsed.shaped`; the key is what the source's file says.

    Args:
        frame: CARRIED; `r`, a struct of the `used_columns` as texts, null for nothing; and `problem`.
    """
    used = used_columns(source)
    cells = {name: F.col("r").getField(name) for name in used}
    row = _Row(source, target, cells)
    key = {name: cells[name] for name in source.key}
    keys = [required(cell, name) for name, cell in key.items()]
    fields = row.fields()
    by_campaign = source.time_from == "campaign"
    received = F.col("received_at")
    occurred = F.lit(None).cast("timestamp") if by_campaign else row.time("occurred_at", received)
    # A constant time is no row's own: of two versions the one received later is the newer.
    has_time = "occurred_at" in target.columns and "occurred_at" not in source.constants
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=structure(*key.values()),
            content=structure(*cells.values()),
            problem=first_problem(F.col("problem"), *keys, *row.problems),
            occurred_at=occurred,
            known_at=row.time("known_at", occurred if has_time else received),
            fields=fields,
            identifiers=row.identifiers(),
            contacts=row.contacts(),
            flags=row.flags,
            plain=row.labelled() if target is silver.IDENTITY_TRUTH else None,
            dated=not by_campaign,
        ),
    )


def mapped_objects(records: DataFrame, source: Source, target: Table, allowed: str) -> DataFrame:
    """Rows that are JSON objects, their columns by name, to the shape of `parsed.shaped`.

    Args:
        allowed: what the message says of a column that a row lacks.
    """
    used = used_columns(source)
    # A column may be called anything, so that `paths` do not serve; whatever its type, it is read as text.
    frame = read_json(records, ", ".join(f"`{name.replace('`', '``')}` string" for name in used))
    cells = {name: cleaned(F.col("r").getField(name)) for name in used}
    # Reading the names apart is faster than a map of all columns.
    names = F.array(*[F.lit(name) for name in used])
    missing = F.get(F.array_except(names, F.json_object_keys("raw")), F.lit(0))
    is_missing = F.when(missing.isNotNull(), problem("column_missing", missing, None, allowed))
    picked = frame.select(
        *CARRIED,
        F.struct(*[value.alias(name) for name, value in cells.items()]).alias("r"),
        first_problem(F.col("problem"), is_missing).alias("problem"),
    )
    return mapped(picked, source, target)


def used_columns(source: Source) -> list[str]:
    """The columns that a source's file names, by name."""
    return sorted({name for names in columns_by_key(source).values() for name in names})


def columns_by_key(source: Source) -> dict[str, list[str]]:
    """The same by the key of the source's file that names them."""
    mapped: dict[str, Iterable[Columns]] = {
        "columns": source.columns.values(),
        "contacts": source.contacts.values(),
        "identifiers": source.identifiers.values(),
        "key": source.key,
    }
    return {
        key: [name.removeprefix("-") for entry in entries for name in ((entry,) if isinstance(entry, str) else entry)]
        for key, entries in mapped.items()
    }


class _Row:
    """The cells of a row read as the target's columns; gathers what is wrong with them."""

    def __init__(self, source: Source, target: Table, cells: Mapping[str, Column]) -> None:
        self.source = source
        self.target = target
        self.cells = cells
        self.problems: list[Column] = []
        self.flags: dict[str, Column] = {}

    def fields(self) -> dict[str, Column]:
        """The target's own columns."""
        types = own_fields(self.target)
        plain = [name for name in types if name not in ("lines", "channel", "marked_bot", "score", "comment")]
        found = {name: self.read(name, types[name]) for name in plain}
        if "channel" in types:
            found["channel"] = F.lit(self.source.channel)
        if self.target is silver.EVENTS:
            self._event(found)
        elif self.target is silver.ORDER_LINES:
            self._order_line(found)
        elif self.target is silver.SURVEY_ANSWERS:
            answer = self.text("answer")
            self.problems.append(required(answer, "answer"))
            found["score"] = real(answer)
            found["comment"] = F.when(found["score"].isNull(), scrubbed(answer))
        elif self.target is silver.ATTRIBUTES:
            found["value"] = scrubbed(found["value"])
        elif self.target is silver.CONSENTS:
            purposes = [p.value for p in Purpose if p is not Purpose.OPERATION]
            self.problems.append(one_of(found["purpose"], purposes, self.label("purpose")))
        elif self.target is silver.CUSTOMERS:
            found["household"] = self._hidden("household", "household")
        elif self.target is silver.IDENTITY_TRUTH:
            found["person"] = self._hidden("person", "person")
            self.problems.append(one_of(found["identifier_type"], PRIORITY, self.label("identifier_type")))
        return found

    def _event(self, found: dict[str, Column]) -> None:
        names = dict(self.source.events)
        if names:
            pairs = F.create_map(*[F.lit(text) for pair in names.items() for text in pair])
            found["type"] = F.coalesce(F.try_element_at(pairs, self.text("type")), F.lit("other"))
        found["name"] = scrubbed(self.text("name"))
        found["page"] = page_path(self.text("page"))
        found["search"] = scrubbed(self.text("search"))
        found["marked_bot"] = F.lit(False)

    def _order_line(self, found: dict[str, Column]) -> None:
        name = self.source.name
        found["order_id"] = F.concat(F.lit(f"{name}:"), self.text("order_id"))
        found["version_at"] = self.time("version_at", self.time("occurred_at", F.col("received_at")))
        found["is_test"] = F.coalesce(found["is_test"], F.lit(False))
        found["status"] = F.coalesce(
            F.replace(F.lower(found["status"]), F.lit("canceled"), F.lit("cancelled")), F.lit("placed")
        )
        discount = F.coalesce(self.read("discount", MONEY), F.lit(0).cast(MONEY))
        net, gross = self.read("net", MONEY), self.read("gross", MONEY)
        quantity = self.read("quantity", DoubleType())
        line_no = self.text("line_no")
        line = {
            "line_no": line_no,
            "product_id": self.text("product_id"),
            "quantity": quantity,
            "gross": F.coalesce(gross, F.try_add(net, discount).try_cast(MONEY)),
            "discount": discount,
            "net": F.coalesce(net, F.try_subtract(gross, discount).try_cast(MONEY)),
            "tax": self.read("tax", MONEY),
        }
        for column in ("line_no", "quantity"):
            self.problems.append(required(line[column], self.label(column)))
        given = F.coalesce(net, gross)
        self.problems.append(required(given, self.label("net")))
        for column in ("gross", "discount", "net"):
            self.problems.append(plausible_amount(line[column], self.label(column)))
        self.problems.append(not_negative(quantity, self.label("quantity")))
        self.flags["net_negative"] = line["net"] < 0
        self.flags["quantity_zero"] = quantity == 0
        found["lines"] = F.array(F.struct(*[column.alias(key) for key, column in line.items()]))

    def _hidden(self, column: str, kind: str) -> Column:
        """Coded for hashing: `HIDDEN` names the columns."""
        value = self.text(column)
        usable = F.when(~F.lower(value).isin(*BLOCKED), value)
        return code(kind, self.source.scope(kind), usable)

    def identifiers(self) -> list[Identifier]:
        if self.target is silver.IDENTITY_TRUTH:
            return []
        found = [Identifier(kind, self.cells[column]) for kind, column in self.source.identifiers.items()]
        if self.target is silver.ORDER_LINES:
            found.append(Identifier(FALLBACK, self.text("order_id")))
        return found

    def labelled(self) -> Column:
        """The one identifier of a row that itself says of what type it is."""
        kind, value = self.text("identifier_type"), self.text("value")
        usable = reduce(
            lambda rest, name: F.when(kind == name, normalised(name, value)).otherwise(rest),
            ("email", "phone"),
            normalised("cookie", value),
        )
        scope = F.lit("")
        for name in PRIORITY:
            scope = F.when(kind == name, self.source.scope(name)).otherwise(scope)
        return F.when(usable.isNotNull(), F.array(to_hash(kind, scope, usable))).otherwise(F.array().cast(PLAIN))

    def contacts(self) -> dict[str, Column]:
        return {
            kind: self.cells[entry]
            if isinstance(entry, str)
            else cleaned(F.concat_ws(", " if kind == "address" else " ", *[self.cells[name] for name in entry]))
            for kind, entry in self.source.contacts.items()
        }

    def label(self, column: str) -> str:
        """The source's own name of a canonical column, for messages."""
        entry = self.source.columns.get(column, column)
        return entry if isinstance(entry, str) else " + ".join(entry)

    def text(self, column: str) -> Column:
        if column in self.source.constants:
            return F.lit(self.source.constants[column])
        entry = self.source.columns.get(column)
        return F.lit(None).cast("string") if entry is None else self.cells[str(entry)]

    def time(self, column: str, otherwise: Column) -> Column:
        if column not in self.source.columns and column not in self.source.constants:
            return otherwise
        text = self.text(column)
        parsed = instant(text, self.source.zone, self.source.time_formats)
        self.problems.append(plausible_time(text, parsed, self.label(column)))
        return parsed

    def read(self, column: str, kind: DataType) -> Column:
        """A cell as its type; what stands there and cannot be read is a problem."""
        entry = self.source.columns.get(column)
        if isinstance(kind, DecimalType) and isinstance(entry, tuple):
            return self._sum(column, entry)
        if isinstance(kind, TimestampType):
            return F.lit(None).cast(kind)
        text = self.text(column)
        if isinstance(kind, StringType):
            return text
        if isinstance(kind, DateType):
            parsed = F.to_date(instant(text, formats=self.source.time_formats))
            self.problems.append(implausible_date(parsed, self.label(column), text))
        elif isinstance(kind, DoubleType):
            parsed = real(text)
        elif isinstance(kind, DecimalType):
            parsed = decimal(text, kind)
        else:
            parsed = text.try_cast(kind)
        names: dict[type[DataType], str] = {BooleanType: "true or false", DateType: "a date"}
        allowed = names.get(type(kind), "a number")
        self.problems.append(readable(text, parsed, self.label(column), allowed))
        return parsed

    def _sum(self, column: str, entry: tuple[str, ...]) -> Column:
        """Amounts added, `-` before one subtracting it; the first must be there, others count 0 where empty."""
        total = None
        for signed in entry:
            name = signed.removeprefix("-")
            amount = decimal(self.cells[name], MONEY)
            self.problems.append(readable(self.cells[name], amount, name, "an amount"))
            amount = amount if total is None else F.coalesce(amount, F.lit(0).cast(MONEY))
            amount = -amount if signed.startswith("-") else amount
            total = amount if total is None else F.try_add(total, amount)
        return F.lit(None).cast(MONEY) if total is None else total.try_cast(MONEY)
