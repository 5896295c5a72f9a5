"""Repeats, late deliveries and broken records."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, SECOND, day_sql
from motherlode.simulate.draws import Draws
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import BROKEN, GLUED, HEADERS, JSON_SOURCES, ORIGINAL, REPEAT

JSON_KINDS = (
    "truncated", "missing_key", "bad_timestamp", "wrong_type", "invalid_utf8", "negative_time", "empty_object",
    "not_json", "unparsable_number", GLUED, "string_record", "null_record",
)  # fmt: skip
CSV_KINDS = (
    "too_few_columns", "too_many_columns", "missing_key", "bad_timestamp", "invalid_utf8", "negative_time",
    "repeated_header", "json_row",
)  # fmt: skip
_SALES_KINDS = (*CSV_KINDS, "unparsable_number")
_TIME_KEYS = {
    "web": "originalTimestamp|sentAt|receivedAt|timestamp",
    "shop": "created_at|processed_at|updated_at",
    "email": "timestamp",
}
_KEYS = {"web": "messageId", "shop": "id", "email": "sg_event_id"}


def deliver(table: DataFrame, source: str, draws: Draws, late_by: str = "key") -> DataFrame:
    """Each row of `table` (key, occurred_ms) as it is delivered: once, or more often where it is repeated or broken.

    Adds at_ms, kind and late. `late_by` is what is late as a whole (a basket, not its lines).
    """
    late = draws.chance_sql(RATES.late, f"{source}-late", late_by)
    lag = f"CASE WHEN {late} THEN {draws.between_sql(1, 20, f'{source}-late-days', late_by)} * {DAY}L ELSE 0L END"
    soon = draws.between_sql(SECOND, 20 * SECOND, f"{source}-repeat-soon", "key")
    later = draws.between_sql(1, 5, f"{source}-repeat-days", "key")
    is_soon = draws.chance_sql(RATES.repeats_same_file, f"{source}-repeat-when", "key")
    repeated = draws.chance_sql(RATES.repeats, f"{source}-repeat", "key")
    broken = draws.chance_sql(RATES.broken, f"{source}-broken", "key")
    again = f"CASE WHEN {is_soon} THEN {soon} ELSE {later} * {DAY}L END"
    kinds = f"""array_compact(array(
        named_struct('kind', {ORIGINAL}, 'extra', 0L),
        CASE WHEN {repeated} THEN named_struct('kind', {REPEAT}, 'extra', {again}) END,
        CASE WHEN {broken} THEN named_struct('kind', {BROKEN}, 'extra', 1L) END))"""
    delivered = table.select("*", F.expr(lag).alias("_lag"), F.expr(f"explode({kinds})").alias("_kind"))
    delivery = ("occurred_ms + _lag + _kind.extra AS at_ms", "_kind.kind AS kind", "_lag > 0 AS late")
    return delivered.selectExpr(*[f"`{name}`" for name in table.columns], *delivery)


def within(table: DataFrame, first_ms: int, until_ms: int) -> DataFrame:
    """Only what is delivered in the window, with its delivery day."""
    inside = table.where(f"at_ms >= {first_ms}L AND at_ms < {until_ms}L")
    return inside.withColumn("day", F.expr(day_sql("at_ms")))


def break_some(records: DataFrame, draws: Draws) -> DataFrame:
    """Text as bytes: of broken records mangled in the way that column `broken` names (null for the others)."""
    source, text = F.col("source"), F.col("text")
    is_json = source.isin(*JSON_SOURCES)
    kind = (
        F.when(is_json, draws.one_of(JSON_KINDS, "broken-json", "key"))
        .when(source == "store_sales", draws.one_of(_SALES_KINDS, "broken-sales", "key"))
        .otherwise(draws.one_of(CSV_KINDS, "broken-csv", "key"))
    )
    named = records.withColumn("broken", F.when(F.col("kind") == BROKEN, kind))
    wrapped = F.when(source == "email", F.concat(F.lit("["), text, F.lit("]"))).otherwise(text)
    mangled = F.when(is_json, _break_json(wrapped)).otherwise(_break_csv(text))
    return named.withColumn("text", F.when(F.col("broken").isNull(), F.encode(text, "UTF-8")).otherwise(mangled))


def _break_json(text: Column) -> Column:
    middle = (F.length(text) / 2).cast("int")
    cases = {
        "truncated": F.substring(text, 1, middle),
        "missing_key": _per_format(text, lambda f: (f'"{_KEYS[f]}":("[^"]*"|[0-9]+),', "")),
        "bad_timestamp": _per_format(text, lambda f: (_time_of(f), '"$1":"2017-02-31T25:61:00"')),
        "wrong_type": _per_format(text, lambda f: (f'"{_KEYS[f]}":("[^"]*"|[0-9]+),', f'"{_KEYS[f]}":{{"value":$1}},')),
        "negative_time": _per_format(text, _negative),
        "empty_object": F.when(F.col("source") == "email", F.lit("[{}]")).otherwise(F.lit("{}")),
        "not_json": F.lit("<html><body>502 Bad Gateway</body></html>"),
        "unparsable_number": F.regexp_replace(text, r"\}(\]?)$", ',"total_amount":1.2.3}$1'),
        GLUED: F.concat(text, text),
        "string_record": F.lit('"unexpected end of batch"'),
        "null_record": F.lit("null"),
    }
    return _by_kind(cases, _junk_in(text, middle))


def _break_csv(text: Column) -> Column:
    cases = {
        "too_few_columns": F.regexp_extract(text, "^[^,]*,[^,]*", 0),
        "too_many_columns": F.concat(text, F.lit(",surplus,7")),
        "missing_key": F.regexp_replace(text, "^[^,]*,", ","),
        "bad_timestamp": F.regexp_replace(text, r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}-05:00", "31/02/2017 25:61"),
        "negative_time": F.regexp_replace(text, r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}-05:00)", "-$1"),
        "repeated_header": _header_of(),
        "json_row": F.lit('{"error":"timeout"}'),
        "unparsable_number": F.regexp_replace(text, r",[0-9]+\.[0-9]{2},", ",1.2.3,"),
    }
    return _by_kind(cases, _junk_in(text, F.lit(2)))


def _by_kind(cases: dict[str, Column], otherwise: Column) -> Column:
    chosen = F.when(F.lit(False), F.lit(None).cast("binary"))
    for kind, text in cases.items():
        chosen = chosen.when(F.col("broken") == kind, F.encode(text, "UTF-8"))
    return chosen.otherwise(otherwise)


def _junk_in(text: Column, where: Column) -> Column:
    start = F.encode(F.substring(text, F.lit(1), where), "UTF-8")
    rest = F.encode(F.substring(text, where + 1, F.length(text)), "UTF-8")
    return F.concat(start, F.unhex(F.lit("FFFE00C328A0")), rest)


def _time_of(text_format: str) -> str:
    return f'"({_TIME_KEYS[text_format]})":("[^"]*"|[0-9]+)'


def _negative(text_format: str) -> tuple[str, str]:
    if text_format == "email":
        return '"timestamp":([0-9]+)', '"timestamp":-$1'
    return f'"({_TIME_KEYS[text_format]})":"', '"$1":"-'


def _per_format(text: Column, rule: Callable[[str], tuple[str, str]]) -> Column:
    once = {f: F.regexp_replace(text, *rule(f)) for f in _KEYS}
    return (
        F.when(F.col("source") == "shop", once["shop"])
        .when(F.col("source") == "email", once["email"])
        .otherwise(once["web"])
    )


def _header_of() -> Column:
    chosen = F.lit("")
    for source, header in HEADERS.items():
        chosen = F.when(F.col("source") == source, header).otherwise(chosen)
    return chosen
