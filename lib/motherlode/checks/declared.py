"""Rules on fields that conf/cleansing.toml declares: what a value must be, and what becomes of a record otherwise.

They see one record at a time. What is odd beside other records, by quartiles or deviations, would depend on who came in
the same batch: that is fitted where features are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from iso3166 import countries_by_alpha2
from iso4217 import Currency
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StructType

from motherlode.checks.rules import first_problem, flags, problem
from motherlode.columns.text import FORMS, NATIVE, alike
from motherlode.errors import UsageError

ACTIONS = ("flag", "empty", "cap", "quarantine")
FORMATS: Mapping[str, tuple[str, str]] = {
    "url": (r"^https?://[^\s/?#]+[^\s]*$", "an http or https address"),
    "path": (r"^/[^\s?#]*$", "a path"),
    "ip": (r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$|^[0-9A-Fa-f]*:[0-9A-Fa-f:.]+$", "an IP address"),
    "slug": (r"^[a-z0-9]+(?:[_-][a-z0-9]+)*$", "small letters and digits"),
}
LISTS: Mapping[str, tuple[str, ...]] = {
    "country": tuple(sorted(countries_by_alpha2)),
    "currency": tuple(sorted(currency.code for currency in Currency)),
}
"""Codes of ISO 3166-1 and ISO 4217, from packages that follow them."""
_CHECKS: Mapping[str, str] = {
    "between": "out_of_range",
    "one_of": "unexpected",
    "matches": "malformed",
    "format": "malformed",
    "longest": "too_long",
    "not_before": "too_early",
}
"""Check to the end of its flag's name."""


@dataclass(frozen=True)
class Rule:
    """One rule on a field of a silver table: a check, or steps that make texts alike.

    Args:
        table: the target.
        field: one of its own; of order_lines also one of a line's.
        between: the least and the greatest value, or text of a time; an empty text leaves an end open.
        one_of: the values that there are.
        matches: a regular expression that the whole text follows.
        format: url, path, ip, slug, country (ISO 3166-1, two letters) or currency (ISO 4217).
        longest: characters.
        not_before: another field of time, which comes first.
        make: steps in their order: nfc, nfkc (Unicode's normal forms), blanks (runs of them become one, none at the
            ends), upper, lower.
        then: flag it, empty the field, cap it to what is allowed, or quarantine the record.
    """

    table: str
    field: str
    between: tuple[float | str, float | str] | None = None
    one_of: tuple[str, ...] = ()
    matches: str = ""
    format: str = ""
    longest: int = 0
    not_before: str = ""
    make: tuple[str, ...] = ()
    then: str = "flag"

    def __post_init__(self) -> None:
        asked = [name for name in (*_CHECKS, "make") if getattr(self, name)]
        where = f"{self.table}.{self.field}"
        if len(asked) != 1:
            raise UsageError(
                f"{where}: a rule has one of {', '.join(_CHECKS)} or make; found {', '.join(asked) or 'none'}"
            )
        _known(where, "then", [self.then], ACTIONS)
        _known(where, "make", self.make, [*FORMS, *NATIVE])
        _known(where, "format", [self.format] if self.format else [], [*FORMATS, *LISTS])
        if self.make and self.then != "flag":
            raise UsageError(f"{where}: make breaks no rule: leave out then")
        for end in self.between or ():
            _check_end(where, end)
        if self.then == "cap" and asked[0] not in ("between", "longest"):
            raise UsageError(f"{where}: only between and longest can cap")

    @property
    def check(self) -> str:
        return next((name for name in _CHECKS if getattr(self, name)), "make")

    @property
    def flag(self) -> str:
        end = f"before_{self.not_before}" if self.not_before else _CHECKS[self.check]
        return f"{self.field}_{end}"


def check_rules(rules: tuple[Rule, ...], known: Mapping[str, Mapping[str, DataType]]) -> None:
    """Raises UsageError for a table or field that there is not.

    Args:
        known: the fields of each table that rules may name.
    """
    for rule in rules:
        _known("cleansing.toml", "table", [rule.table], list(known))
        named = [rule.field, *([rule.not_before] if rule.not_before else [])]
        _known(rule.table, "field", named, list(known[rule.table]))


def cleansed(parsed: DataFrame, rules: list[Rule]) -> DataFrame:
    """The rules of one target applied to the shape of `parsed.shaped`, in their order."""
    return reduce(_applied, rules, parsed)


def _applied(parsed: DataFrame, rule: Rule) -> DataFrame:
    if rule.field not in parsed.columns:
        return _applied_to_lines(parsed, rule)
    value = F.col(rule.field)
    if rule.make:
        return parsed.withColumn(rule.field, alike(value, rule.make))
    kind = parsed.schema[rule.field].dataType
    bad = _is_bad(value, rule, kind)
    return _settled(parsed, rule, bad, value).withColumn(rule.field, _kept(value, rule, bad, kind))


def _applied_to_lines(parsed: DataFrame, rule: Rule) -> DataFrame:
    """To a field of each of an order's lines; the record is one, whichever of them is odd."""
    lines = parsed.schema["lines"].dataType
    if not isinstance(lines, ArrayType) or not isinstance(lines.elementType, StructType):
        raise UsageError(f"{rule.table}.{rule.field}: there is no such field")
    name, kind = rule.field, lines.elementType[rule.field].dataType

    def is_bad(line: Column) -> Column:
        return _is_bad(line[name], rule, kind)

    def kept(line: Column) -> Column:
        return line.withField(name, _kept(line[name], rule, is_bad(line), kind))

    bad = F.filter("lines", is_bad)
    found = _settled(parsed, rule, F.size(bad) > 0, F.get(bad, 0)[name])
    return found if rule.then in ("flag", "quarantine") else found.withColumn("lines", F.transform("lines", kept))


def _settled(parsed: DataFrame, rule: Rule, bad: Column, value: Column) -> DataFrame:
    """With the flag raised or the problem said."""
    if rule.then == "quarantine":
        broken = F.when(bad, problem(rule.check, rule.field, value, _allowed(rule)))
        return parsed.withColumn("problem", first_problem(F.col("problem"), broken))
    return parsed.withColumn("flags", F.array_distinct(F.concat("flags", flags({rule.flag: bad}))))


def _is_bad(value: Column, rule: Rule, kind: DataType) -> Column:
    """Whether something stands there that the rule does not allow; what is absent breaks none."""
    given = value.isNotNull()
    match rule.check:
        case "between":
            least, greatest = (None if end == "" else F.lit(end).cast(kind) for end in rule.between or ("", ""))
            low = F.lit(False) if least is None else value < least
            return given & (low if greatest is None else low | (value > greatest))
        case "one_of":
            return given & ~value.isin(*rule.one_of)
        case "matches":
            return given & ~value.rlike(rf"\A(?:{rule.matches})\z")
        case "format":
            known = value.isin(*LISTS[rule.format]) if rule.format in LISTS else value.rlike(FORMATS[rule.format][0])
            return given & ~known
        case "longest":
            return given & (F.length(value) > rule.longest)
        case _:
            return given & F.coalesce(value < F.col(rule.not_before), F.lit(False))


def _kept(value: Column, rule: Rule, bad: Column, kind: DataType) -> Column:
    if rule.then == "empty":
        return F.when(~bad, value)
    if rule.then != "cap":
        return value
    if rule.longest:
        return F.substring(value, 1, rule.longest)
    least, greatest = rule.between or ("", "")
    low = F.greatest(value, F.lit(least).cast(kind)) if least != "" else value
    capped = F.least(low, F.lit(greatest).cast(kind)) if greatest != "" else low
    return F.when(value.isNotNull(), capped)


def _allowed(rule: Rule) -> str:
    match rule.check:
        case "between":
            least, greatest = rule.between or ("", "")
            return " and ".join(
                f"{word} {end}" for word, end in (("at least", least), ("at most", greatest)) if end != ""
            )
        case "one_of":
            return ", ".join(rule.one_of)
        case "format":
            named = {"country": "a country of ISO 3166-1", "currency": "a currency of ISO 4217"}
            return named.get(rule.format) or FORMATS[rule.format][1]
        case "longest":
            return f"at most {rule.longest} characters"
        case "not_before":
            return f"not before {rule.not_before}"
        case _:
            return rule.matches


def _check_end(where: str, end: float | str) -> None:
    if isinstance(end, str) and end:
        try:
            datetime.fromisoformat(end)
        except ValueError:
            raise UsageError(f"{where}: between has numbers, or times as 2017-12-30; found {end}") from None


def _known(where: str, what: str, values: Any, known: Any) -> None:
    if unknown := sorted(set(values) - set(known)):
        raise UsageError(f"{where}: {what} {', '.join(unknown)} is unknown; known: {', '.join(known)}")
