"""Whose every identifier is: all that the logs could ever show."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.draws import Draws
from motherlode.simulate.people import kiosk_users
from motherlode.simulate.sessions import (
    QUARTERS,
    bot_cookie,
    cookie,
    install,
    kiosk_device,
    kiosk_install,
    own_device,
    tablet_cookie,
    tablet_device,
    tablet_install,
)
from motherlode.simulate.web import BOT_COUNT

BOT_WEEKS = 70
CLEAN, SHARED_DEVICE, LATE_LOGIN, TYPO, BOT, KIOSK = "clean", "shared_device", "late_login", "typo", "bot", "kiosk"
COLUMNS = ("type", "value", "person_id", "household_id", "scenario", "shared")


def registry_of(spark_one_row: DataFrame, people: DataFrame, draws: Draws) -> DataFrame:
    """COLUMNS: a row for each identifier and person it belongs to. `shared` ones belong to no one person and
    stay out of scores (family tablets, the kiosk, crawlers). `spark_one_row` is any frame of a single row.
    """
    adults = people.where("is_adult")
    own = _listed(adults, [*_contact_points(), *_own_devices(draws)], F.lit(False))
    tablets = [
        _one("cookie", tablet_cookie(draws), SHARED_DEVICE),
        _one("cookie", tablet_install(draws), SHARED_DEVICE),
        _one("device", tablet_device(draws), SHARED_DEVICE),
    ]
    kiosk = [_one("cookie", kiosk_install(draws), KIOSK), _one("device", kiosk_device(draws), KIOSK)]
    users = adults.join(kiosk_users(adults, draws), "person_id", "left_semi")
    return (
        own.unionByName(_listed(adults.where("has_tablet"), tablets, F.lit(True)))
        .unionByName(_listed(users, kiosk, F.lit(True)))
        .unionByName(_bots(spark_one_row, draws))
    )


def _contact_points() -> list[Column]:
    return [
        _one("user_id", F.col("user_id")),
        _one("email", F.col("email")),
        F.when(F.col("email_typo"), _one("email", F.col("typo_email"), TYPO)),
        _one("phone", F.col("phone")),
        _one("phone", F.col("new_phone")),
        _one("loyalty_card", F.col("loyalty_card")),
        _one("crm_id", F.col("crm_id"), F.when(F.col("name_typo"), TYPO).otherwise(CLEAN)),
    ]


def _own_devices(draws: Draws) -> list[Column]:
    scenario = F.when(F.col("late_login"), LATE_LOGIN).otherwise(CLEAN)
    rows = []
    for which in range(2):
        w = F.lit(which).cast("long")
        rows.append(_one("device", own_device(draws, w), scenario))
        for epoch in range(QUARTERS + 1):
            e = F.lit(epoch).cast("long")
            rows.append(_one("cookie", cookie(draws, w, e), scenario))
            rows.append(_one("cookie", install(draws, w, e), scenario))
    return rows


def _one(kind: str, value: Column, scenario: str | Column = CLEAN) -> Column:
    named = F.lit(scenario) if isinstance(scenario, str) else scenario
    return F.struct(F.lit(kind).alias("type"), value.alias("value"), named.alias("scenario"))


def _listed(people: DataFrame, identifiers: list[Column], shared: Column) -> DataFrame:
    rows = people.withColumn("_one", F.explode(F.array_compact(F.array(*identifiers))))
    return rows.select("_one.type", "_one.value", "person_id", "household_id", "_one.scenario", shared.alias("shared"))


def _bots(one_row: DataFrame, draws: Draws) -> DataFrame:
    bots = one_row.select(F.explode(F.sequence(F.lit(0).cast("long"), F.lit(BOT_COUNT - 1).cast("long"))).alias("bot"))
    weeks = bots.withColumn("week", F.explode(F.sequence(F.lit(0).cast("long"), F.lit(BOT_WEEKS).cast("long"))))
    return weeks.select(
        F.lit("cookie").alias("type"),
        bot_cookie(draws, "bot", "week").alias("value"),
        F.format_string("bot-%d", "bot").alias("person_id"),
        F.lit(None).cast("long").alias("household_id"),
        F.lit(BOT).alias("scenario"),
        F.lit(True).alias("shared"),
    )
