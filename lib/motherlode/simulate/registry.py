"""Whose every identifier is: all that the logs could ever show."""

from pyspark.sql import DataFrame
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
BOT = "bot"
COLUMNS = ("type", "value", "person_id", "household_id", "scenario", "shared")
TYPO = "'typo'"
_OF_LATE = "CASE WHEN late_login THEN 'late_login' ELSE 'clean' END"


def registry_of(one_row: DataFrame, people: DataFrame, draws: Draws) -> DataFrame:
    """COLUMNS: a row for each identifier and person it belongs to. `shared` ones belong to no one person and
    stay out of scores (family tablets, the kiosk, crawlers). `one_row` is any frame of a single row.
    """
    adults = people.where("is_adult")
    tablets = [
        _one("cookie", tablet_cookie(draws), "'shared_device'"),
        _one("cookie", tablet_install(draws), "'shared_device'"),
        _one("device", tablet_device(draws), "'shared_device'"),
    ]
    kiosk = [_one("cookie", kiosk_install(draws), "'kiosk'"), _one("device", kiosk_device(draws), "'kiosk'")]
    users = adults.join(kiosk_users(adults, draws), "person_id", "left_semi")
    return (
        _listed(adults, _contact_points(), shared=False)
        .unionByName(_own_devices(adults, draws))
        .unionByName(_listed(adults.where("has_tablet"), tablets, shared=True))
        .unionByName(_listed(users, kiosk, shared=True))
        .unionByName(_bots(one_row, draws))
    )


def _contact_points() -> list[str]:
    return [
        *[_one(kind, kind) for kind in ("user_id", "email", "phone", "loyalty_card")],
        _one("phone", "new_phone"),
        f"CASE WHEN email_typo THEN {_one('email', 'typo_email', TYPO)} END",
        _one("crm_id", "crm_id", "CASE WHEN name_typo OR email_typo THEN 'typo' ELSE 'clean' END"),
    ]


def _own_devices(adults: DataFrame, draws: Draws) -> DataFrame:
    wide = adults.selectExpr("*", "explode(sequence(0L, 1L)) AS which")
    devices = _listed(wide, [_one("device", own_device(draws, "which"), _OF_LATE)], shared=False)
    wide = wide.selectExpr("*", f"explode(sequence(0L, {QUARTERS}L)) AS epoch")
    cookies = [
        _one("cookie", cookie(draws, "which", "epoch"), _OF_LATE),
        _one("cookie", install(draws, "which", "epoch"), _OF_LATE),
    ]
    return devices.unionByName(_listed(wide, cookies, shared=False))


def _one(kind: str, value: str, scenario: str = "'clean'") -> str:
    return f"named_struct('type', '{kind}', 'value', {value}, 'scenario', {scenario})"


def _listed(people: DataFrame, identifiers: list[str], shared: bool) -> DataFrame:
    listed = f"explode(array_compact(array({', '.join(identifiers)}))) AS _one"
    return people.selectExpr("person_id", "household_id", listed).select(
        "_one.type", "_one.value", "person_id", "household_id", "_one.scenario", F.lit(shared).alias("shared")
    )


def _bots(one_row: DataFrame, draws: Draws) -> DataFrame:
    bots = one_row.selectExpr(f"explode(sequence(0L, {BOT_COUNT - 1}L)) AS bot")
    return bots.selectExpr("bot", f"explode(sequence(0L, {BOT_WEEKS}L)) AS week").selectExpr(
        "'cookie' AS type",
        f"{bot_cookie(draws, 'bot', 'week')} AS value",
        "format_string('bot-%d', bot) AS person_id",
        "CAST(NULL AS BIGINT) AS household_id",
        f"'{BOT}' AS scenario",
        "true AS shared",
    )
