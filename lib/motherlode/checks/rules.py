"""Rules that a record can break. Each is a column: the problem, or null."""

from collections.abc import Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from motherlode.columns.arrays import those
from motherlode.columns.shape import is_nested, shape
from motherlode.columns.times import plausible

PROBLEM = "struct<rule: string, path: string, found: string, allowed: string>"


def problem(rule: str, path: Column | str | None, found: Column | None, allowed: str | None) -> Column:
    """A problem: the rule's name, where in the record, the shape of what stood there, and what may stand there."""
    where = path if isinstance(path, Column) else F.lit(path)
    what = F.lit(None) if found is None else shape(found.cast("string"))
    return F.struct(
        F.lit(rule).alias("rule"),
        where.cast("string").alias("path"),
        what.cast("string").alias("found"),
        F.lit(allowed).cast("string").alias("allowed"),
    )


def no_problem() -> Column:
    return F.lit(None).cast(PROBLEM)


def first_problem(*problems: Column) -> Column:
    """The first that is one."""
    return F.coalesce(*problems, no_problem())


def required(value: Column, path: Column | str) -> Column:
    return F.when(value.isNull(), problem("required", path, None, "a value"))


def scalar(value: Column, path: str) -> Column:
    """A text or number, where JSON could have nested an object or array."""
    return F.when(is_nested(value), problem("scalar", path, value, "a text or number"))


def one_of(value: Column, allowed: Sequence[str], path: str) -> Column:
    return F.when(~value.isin(*allowed), problem("one_of", path, value, ", ".join(allowed)))


def readable(text: Column, parsed: Column, path: Column | str, allowed: str) -> Column:
    """Something stood there, and it could be read as what it should be."""
    return F.when(text.isNotNull() & parsed.isNull(), problem("readable", path, text, allowed))


def plausible_time(text: Column, parsed: Column, path: Column | str) -> Column:
    """A time that was given, can be read and lies in 1990 to 2100."""
    given = F.when(text.isNull(), problem("required", path, None, "a time"))
    return first_problem(
        given,
        readable(text, parsed, path, "a time, ISO 8601"),
        implausible(parsed, path, text),
    )


def implausible(at: Column, path: Column | str, text: Column) -> Column:
    """A time outside of 1990 to 2100."""
    return F.when(~plausible(at), problem("plausible_time", path, text, "1990 to 2100"))


def implausible_date(on: Column, path: str, text: Column) -> Column:
    """A day outside of 1900 to 9999, which many write for never."""
    is_out = (on < F.lit("1900-01-01").cast("date")) | (on > F.lit("9999-12-31").cast("date"))
    return F.when(is_out, problem("plausible_time", path, text, "1900 to 9999"))


def not_negative(value: Column, path: str) -> Column:
    return F.when(value < 0, problem("not_negative", path, value, "0 or more"))


def plausible_amount(value: Column, path: str) -> Column:
    """An amount of money that could be worked out and is below a milliard: sums of such fit their type."""
    return F.when(value.isNull() | (F.abs(value) >= 1_000_000_000), problem("amount", path, None, "below 1000000000"))


def flags(raised: Mapping[str, Column]) -> Column:
    """The names of those that are true, as an array."""
    return those([(F.lit(name), when) for name, when in raised.items()], "array<string>")
