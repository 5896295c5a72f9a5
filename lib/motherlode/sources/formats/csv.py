"""CSV with a header row: columns are found by name, in whatever order they stand."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, problem
from motherlode.columns.identifiers import cleaned
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import CARRIED
from motherlode.sources.source import Source
from motherlode.sources.tabular import mapped, used_columns

_COMMA = "\uffff"
"""Stands for a comma inside quotes; Unicode has it as no character."""


def parse(records: DataFrame, source: Source, target: Table) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is what the source's file says."""
    used = used_columns(source)
    frame = _split(records).withColumn("_at", F.array(*[F.array_position("names", F.lit(name)) for name in used]))
    cell = {name: F.get("row_values", F.get("_at", F.lit(n)).cast("int") - 1) for n, name in enumerate(used)}
    picked = frame.select(
        *CARRIED,
        F.struct(*[cleaned(value).alias(name) for name, value in cell.items()]).alias("r"),
        _layout_problem(used).alias("problem"),
    )
    return mapped(picked, source, target)


def _split(records: DataFrame) -> DataFrame:
    """Adds `names` (of the file's header) and `row_values`; null where quotes are not closed."""
    return records.select(
        *CARRIED,
        _names(F.ltrim(F.col("header"), F.lit("\ufeff"))).alias("names"),
        _cells(F.col("raw")).alias("row_values"),
    )


def _names(header: Column) -> Column:
    quoted = F.transform(_cells(header), F.trim)
    return F.when(header.contains('"'), quoted).otherwise(F.split(F.trim(header), " *, *", -1))


def _cells(row: Column) -> Column:
    """The fields of one CSV row (RFC 4180); null where its quotes are not closed.

    Between quotes lie, in turn, what is outside and what is inside of them. An empty piece outside, in the
    midst of a row, is a quote written twice.
    """
    pieces = F.split(row, '"', -1)
    last = F.size(pieces) - 1

    def unquoted(piece: Column, place: Column) -> Column:
        doubled = (piece == "") & (place > 0) & (place < last)
        return F.when(place % 2 == 1, F.replace(piece, F.lit(","), F.lit(_COMMA))).otherwise(
            F.when(doubled, F.lit('"')).otherwise(piece)
        )

    fields = F.split(F.array_join(F.transform(pieces, unquoted), ""), ",", -1)
    exact = F.transform(fields, lambda field: F.replace(field, F.lit(_COMMA), F.lit(",")))
    quoted = F.when(last % 2 == 0, exact)
    # Where nothing is quoted, a split is exact and several times as fast.
    return F.when(row.contains('"'), quoted).otherwise(F.split(row, ",", -1))


def _layout_problem(used: list[str]) -> Column:
    names, values, raw = F.col("names"), F.col("row_values"), F.col("raw")
    missing = F.get(F.array(*[F.lit(name) for name in used]), (F.array_position("_at", F.lit(0)) - 1).cast("int"))
    found = F.concat(F.size(values).cast("string"), F.lit(" fields"))
    return first_problem(
        F.when(F.col("header").isNull() | names.isNull(), problem("header", None, None, "a header row")),
        F.when(missing.isNotNull(), problem("column_missing", missing, None, "a column of the header")),
        F.when(F.size(names) > F.size(F.array_distinct(names)), _ambiguous(names, used)),
        F.when(
            values.isNull(),
            problem("quotes", None, raw, "as many closing quotes as opening ones"),
        ),
        F.when(raw == F.col("header"), problem("repeated_header", None, None, "a row of values")),
        F.when(F.size(values) != F.size(names), problem("fields", None, found, "as many fields as its header")),
    )


def _ambiguous(names: Column, used: list[str]) -> Column:
    """A column of ours that the header names twice: nobody can say which is meant."""
    ours = F.filter(names, lambda name: name.isin(*used))
    twice = F.get(F.filter(ours, lambda name: F.size(F.array_remove(ours, name)) < F.size(ours) - 1), F.lit(0))
    return F.when(twice.isNotNull(), problem("column_twice", twice, None, "a column of that name, once"))


FORMAT = Format(
    name="csv",
    doc="CSV with a header row (UTF-8, comma, decimal point)",
    url="https://www.rfc-editor.org/rfc/rfc4180",
    splitter="csv",
    parse=parse,
    targets=silver.TARGETS,
    maps_columns=True,
)
