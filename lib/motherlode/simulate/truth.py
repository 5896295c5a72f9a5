"""The truth beside the logs: whose identifiers they show, and what was repeated, late or broken."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import day_sql
from motherlode.simulate.draws import Draws
from motherlode.simulate.params import SimulateParams, Window
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import IDENTIFIERS, NOISY_SOURCES, SOURCES, csv_line, quoted
from motherlode.simulate.registry import BOT, COLUMNS, registry_of
from motherlode.simulate.score import BestScore, best_score
from motherlode.simulate.write import write_table

PEOPLE_HEADER = (
    "person_id,household_id,role,first_name,last_name,email,phone,birth_date,joined_on,late_login,typo,shares_device"
)


@dataclass(frozen=True)
class SourceCount:
    """What one source was delivered: `records` are originals, repeats and broken ones come on top."""

    source: str
    records: int
    repeats: int
    broken: int
    late: int
    files: int


@dataclass(frozen=True)
class RateCheck:
    """A published rate and what the delivered records really show."""

    name: str
    published: float
    measured: float


@dataclass(frozen=True)
class Summary:
    """What stands in DIR/truth/summary.json, and how this call came to it."""

    households: int
    people: int
    windows: tuple[Window, ...]
    counts: tuple[SourceCount, ...]
    rates: tuple[RateCheck, ...]
    best_score: BestScore
    skipped: bool = False
    seconds: float = 0.0


def write_truth(
    facts: DataFrame, people: DataFrame, folder: Path, windows: tuple[Window, ...], draws: Draws
) -> Summary:
    """Every truth file but summary.json, for all that the facts say was delivered."""
    facts = facts.persist()
    people = people.withColumn("role", F.when(F.col("is_adult"), "adult").otherwise("child"))
    owned = _owned(facts, people, draws).persist()
    write_table(
        owned.withColumn("text", csv_line(*COLUMNS)),
        folder / "identifiers.csv", ",".join(COLUMNS), ["type", "value", "person_id"],
    )  # fmt: skip
    _write_people(people, folder / "people.csv")
    for what in ("broken", "repeat"):
        extra = ["broken"] if what == "broken" else []
        rows = facts.where(F.col("what") == what).withColumn("path", F.concat_ws("/", "source", "file"))
        write_table(
            rows.withColumn("text", csv_line("source", "day", "path", "line", "key", *extra)),
            folder / ("broken.csv" if what == "broken" else "repeats.csv"),
            "source,day,file,line,key" + (",kind" if extra else ""), ["source", "file", "line", "key"],
        )  # fmt: skip
    write_table(
        _per_day(facts, "source", "day").withColumn("text", csv_line("source", "day", *_COUNTS, "files")),
        folder / "records.csv", "source,day,records,repeats,broken,late,files", ["source", "day"],
    )  # fmt: skip
    counts = _counts(facts)
    sizes = people.agg(F.countDistinct("household_id").alias("h"), F.count("*").alias("p")).collect()[0]
    rates = _rates(facts, people, owned, counts)
    score = best_score(facts, owned)
    owned.unpersist()
    facts.unpersist()
    return Summary(int(sizes["h"]), int(sizes["p"]), windows, counts, rates, score)


_COUNTS = ("records", "repeats", "broken", "late")


def _owned(facts: DataFrame, people: DataFrame, draws: Draws) -> DataFrame:
    """COLUMNS, for the identifiers that the logs show."""
    shown = [(name, name) for name in IDENTIFIERS] + [("email", "planted")]
    pairs = ", ".join(f"IF({c} IS NULL, NULL, named_struct('type', '{kind}', 'value', {c}))" for kind, c in shown)
    seen = facts.where("what = 'seen'").select("planted", *IDENTIFIERS).distinct()
    seen = seen.selectExpr(f"explode(array_compact(array({pairs}))) AS p").select("p.*").distinct()
    one_row = people.limit(1)
    owned = seen.join(registry_of(one_row, people, draws), ["type", "value"], "left")
    strangers = owned.where("person_id IS NULL").select("type").limit(3).collect()
    if strangers:
        raise RuntimeError(f"identifiers of no known person were written: {[r['type'] for r in strangers]}")
    return owned.select(*COLUMNS)


def _write_people(people: DataFrame, path: Path) -> None:
    text = csv_line(
        "person_id", "household_id", "role", quoted("first_name"), quoted("last_name"), "email", "phone",
        "birth_date", f"CASE WHEN is_adult THEN {day_sql('joined_ms')} END", "is_adult AND late_login",
        "is_adult AND (name_typo OR email_typo)", "is_adult AND has_tablet",
    )  # fmt: skip
    write_table(people.withColumn("text", text), path, PEOPLE_HEADER, ["household_id", "person_no"])


def _per_day(facts: DataFrame, *keys: str) -> DataFrame:
    what = F.col("what")
    return facts.groupBy(*keys).agg(
        F.coalesce(F.sum("records"), F.lit(0)).alias("records"),
        F.count(F.when(what == "repeat", 1)).alias("repeats"),
        F.count(F.when(what == "broken", 1)).alias("broken"),
        F.coalesce(F.sum("late"), F.lit(0)).alias("late"),
        F.coalesce(F.sum("heads"), F.lit(0)).alias("heads"),
        F.coalesce(F.sum("files"), F.lit(0)).alias("files"),
    )


def _counts(facts: DataFrame) -> tuple[SourceCount, ...]:
    found = {row["source"]: row for row in _per_day(facts, "source").collect()}
    names = (*_COUNTS, "files")
    return tuple(SourceCount(s, *[int(found[s][n]) for n in names]) for s in SOURCES if s in found)


def _rates(
    facts: DataFrame, people: DataFrame, owned: DataFrame, counts: tuple[SourceCount, ...]
) -> tuple[RateCheck, ...]:
    noisy = [c for c in counts if c.source in NOISY_SOURCES]
    records = sum(c.records for c in noisy)
    bots = owned.where(F.col("scenario") == BOT).selectExpr("value AS cookie", "true AS is_bot").distinct()
    logs = facts.where("what = 'seen'").join(F.broadcast(bots), "cookie", "left").selectExpr(
        "coalesce(sum(IF(source = 'web', records, 0)), 0) AS web",
        "coalesce(sum(IF(source = 'web' AND is_bot, records, 0)), 0) AS crawled",
        "coalesce(sum(IF(source = 'shop', heads, 0)), 0) AS orders",
        "coalesce(sum(IF(source = 'store_sales', heads, 0)), 0) AS baskets",
        "coalesce(sum(IF(source = 'store_sales' AND loyalty_card IS NOT NULL, heads, 0)), 0) AS cards",
    ).collect()[0]  # fmt: skip
    shares = {
        "late_login": "late_login",
        "typos": "name_typo OR email_typo",
        "withheld_marketing": "NOT marketing",
        "withheld_personalisation": "NOT personalisation",
        "withheld_analytics": "NOT analytics",
    }
    adults = people.where("is_adult").selectExpr(
        *[f"avg(CAST({flag} AS DOUBLE)) AS {name}" for name, flag in shares.items()],
        "count_if(has_tablet AND person_no = 1) / count_if(person_no = 1) AS shared_households",
    ).collect()[0]  # fmt: skip
    kiosk = owned.where("scenario = 'kiosk'").select("person_id").distinct().count()
    measured = {
        "repeats": _ratio(sum(c.repeats for c in noisy), records),
        "broken": _ratio(sum(c.broken for c in noisy), records),
        "late": _ratio(sum(c.late for c in noisy), records),
        "bots": _ratio(logs["crawled"], logs["web"]),
        "online_baskets": _ratio(logs["orders"], logs["orders"] + logs["baskets"]),
        "loyalty_card": _ratio(logs["cards"], logs["baskets"]),
        "shared_households": adults["shared_households"],
        **{name: adults[name] for name in shares},
        "kiosk_people": kiosk,
    }
    return tuple(RateCheck(name, float(getattr(RATES, name)), round(float(m), 5)) for name, m in measured.items())


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def save_summary(summary: Summary, params: SimulateParams, version: int, path: Path) -> None:
    """summary.json: parameters, counts, rates, best score. The same for the same delivered days."""
    content = {
        "generator_version": version,
        "parameters": {"households": params.households, "scale": params.scale, "seed": params.seed},
        "delivered": [{"from": w.first.isoformat(), "until": w.until.isoformat()} for w in summary.windows],
        "households": summary.households,
        "people": summary.people,
        "counts": {c.source: {n: getattr(c, n) for n in (*_COUNTS, "files")} for c in summary.counts},
        "rates": {r.name: {"published": r.published, "measured": r.measured} for r in summary.rates},
        "published_rates": asdict(RATES),
        "best_score": asdict(summary.best_score),
    }
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    shutil.move(temporary, path)


def load_summary(path: Path, windows: tuple[Window, ...]) -> Summary:
    """What `save_summary` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    counts = tuple(SourceCount(source, **numbers) for source, numbers in content["counts"].items())
    rates = tuple(RateCheck(n, r["published"], r["measured"]) for n, r in content["rates"].items())
    score = BestScore(**content["best_score"])
    return Summary(content["households"], content["people"], windows, counts, rates, score, skipped=True)
