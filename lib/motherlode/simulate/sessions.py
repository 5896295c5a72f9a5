"""Visits to the web shop and the app, and the cookie, install and device that each shows."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, HOUR, MINUTE, SECOND
from motherlode.simulate.draws import Draws, nth_of, sql_text
from motherlode.simulate.names import APPS, BROWSERS, KIOSK_APP, TABLET_APP, TABLET_BROWSER
from motherlode.simulate.people import START_MS, kiosk_users
from motherlode.simulate.rates import RATES

QUARTERS = 5
"""Quarters in which cookies can be cleared, from the first day on (91 days each)."""
_PERSONAL = (
    "household_id", "person_no", "person_id", "origin_id", "number", "user_id", "email", "phone", "first_name",
    "last_name", "ip", "has_tablet", "has_app", "second_browser", "second_device", "login_ms",
)  # fmt: skip


def sessions_of(baskets: DataFrame, people: DataFrame, pools: DataFrame, draws: Draws) -> DataFrame:
    """One row per session, with the person's columns and: session_id, visit (order, browse, abandoned, kiosk),
    start_ms, end_ms, basket_id, lines (of an order, else null), looked_at and pool (product ids), and what
    `_equipment` adds.
    """
    adults = people.where("is_adult").select(*_PERSONAL)
    visits = _visits_around(baskets, draws).join(adults, ["household_id", "person_no"], "inner")
    kiosk = _kiosk_visits(adults, kiosk_users(people, draws), draws)
    all_visits = visits.unionByName(kiosk, allowMissingColumns=True).where(f"start_ms >= {START_MS}L")
    return _equipment(all_visits.join(F.broadcast(pools), "origin_id", "inner"), draws)


def _visits_around(baskets: DataFrame, draws: Draws) -> DataFrame:
    def before(low: int, high: int, purpose: str) -> str:
        return draws.between_sql(low, high, purpose, "basket_id")

    browse_start = f"at_ms - {before(HOUR, 48 * HOUR, 'browse-when')}"
    left_start = f"at_ms + {before(HOUR, 72 * HOUR, 'abandoned-when')}"
    browses = f"NOT is_online AND {draws.chance_sql(RATES.browse_sessions, 'browse', 'basket_id')}"
    leaves = draws.chance_sql(RATES.abandoned_sessions, "abandoned", "basket_id")
    order = _visit("order", f"at_ms - {before(5 * MINUTE, 40 * MINUTE, 'order-span')}", "at_ms")
    browse = _visit("browse", browse_start, f"{browse_start} + {before(2 * MINUTE, 30 * MINUTE, 'browse-span')}")
    left = _visit("abandoned", left_start, f"{left_start} + {before(2 * MINUTE, 30 * MINUTE, 'abandoned-span')}")
    visits = f"""explode(array_compact(array(
        CASE WHEN is_online THEN {order} END, CASE WHEN {browses} THEN {browse} END, CASE WHEN {leaves} THEN {left} END
    ))) AS _visit"""
    return baskets.selectExpr("household_id", "person_no", "basket_id", "lines", visits).selectExpr(
        "household_id",
        "person_no",
        "basket_id",
        "concat(_visit.visit, '-', CAST(basket_id AS STRING)) AS session_id",
        "_visit.*",
        "CASE WHEN _visit.visit = 'order' THEN lines END AS lines",
        "lines.product_id AS looked_at",
    )


def _visit(name: str, start: str, end: str) -> str:
    return f"named_struct('visit', {sql_text(name)}, 'start_ms', {start}, 'end_ms', {end})"


def _kiosk_visits(adults: DataFrame, users: DataFrame, draws: Draws) -> DataFrame:
    times = f"explode(sequence(1L, {draws.between_sql(1, 2, 'kiosk-visits', 'number')})) AS _time"
    day = draws.below_sql(350, "kiosk-day", "number", "_time")
    within_day = draws.below_sql(11 * HOUR, "kiosk-hour", "number", "_time")
    start = f"{START_MS + 9 * HOUR}L + {day} * {DAY}L + {within_day}"
    return (
        adults.join(users, "person_id", "left_semi")
        .selectExpr("*", times)
        .selectExpr(
            *adults.columns,
            "format_string('kiosk-%s-%d', person_id, _time) AS session_id",
            "'kiosk' AS visit",
            f"{start} AS start_ms",
            f"{start} + {150 * SECOND}L AS end_ms",
        )
    )


def _equipment(visits: DataFrame, draws: Draws) -> DataFrame:
    """Adds channel (web, app), cookie, device, user_agent, logged_in and identifies."""
    on_tablet = draws.chance_sql(RATES.tablet_sessions, "on-tablet", "session_id")
    in_app = draws.chance_sql(0.5, "in-app", "session_id")
    uses_second = draws.chance_sql(0.35, "second", "session_id")
    logged_in = draws.chance_sql(RATES.logged_in, "logged-in", "session_id")
    identifies = draws.chance_sql(0.4, "identifies", "session_id")
    visits = visits.selectExpr(
        "*", "visit = 'kiosk' AS in_kiosk", f"has_tablet AND visit <> 'kiosk' AND {on_tablet} AS on_tablet"
    )
    visits = visits.selectExpr("*", f"in_kiosk OR ((has_app OR on_tablet) AND {in_app}) AS in_app")
    second = "CASE WHEN in_app THEN second_device ELSE second_browser END"
    visits = visits.selectExpr("*", f"CASE WHEN {second} AND {uses_second} THEN 1L ELSE 0L END AS which")
    visits = visits.selectExpr("*", f"{epoch_of('start_ms', 'in_app', draws)} AS epoch")
    own_agent = f"""CASE WHEN in_app THEN {nth_of(APPS, draws.below_sql(len(APPS), "app-agent", "number", "which"))}
        ELSE {nth_of(BROWSERS, draws.below_sql(len(BROWSERS), "browser-agent", "number", "which"))} END"""
    return visits.selectExpr(
        "*",
        "CASE WHEN in_app THEN 'app' ELSE 'web' END AS channel",
        f"""CASE WHEN in_kiosk THEN {kiosk_install(draws)}
            WHEN on_tablet AND in_app THEN {tablet_install(draws)} WHEN on_tablet THEN {tablet_cookie(draws)}
            WHEN in_app THEN {install(draws, "which", "epoch")} ELSE {cookie(draws, "which", "epoch")} END AS cookie""",
        f"""CASE WHEN in_kiosk THEN {kiosk_device(draws)} WHEN on_tablet AND in_app THEN {tablet_device(draws)}
            WHEN in_app THEN {own_device(draws, "which")} END AS device""",
        f"""CASE WHEN in_kiosk THEN {sql_text(KIOSK_APP)} WHEN on_tablet AND in_app THEN {sql_text(TABLET_APP)}
            WHEN on_tablet THEN {sql_text(TABLET_BROWSER)} ELSE {own_agent} END AS user_agent""",
        f"in_kiosk OR (start_ms >= login_ms AND {logged_in}) AS logged_in",
        f"in_kiosk OR on_tablet OR {identifies} AS identifies",
    )


def epoch_of(at_ms: str, in_app: str, draws: Draws) -> str:
    """SQL: how often the person (`number`) has cleared the cookies, or installed the app again, by then."""
    share = f"(CASE WHEN {in_app} THEN {RATES.reinstalls!r}D ELSE {RATES.cleared_cookies!r}D END)"
    cleared = []
    for quarter in range(QUARTERS):
        within_quarter = draws.below_sql(91 * DAY, "clear-when", "number", f"{quarter}L")
        moment = f"{START_MS + quarter * 91 * DAY}L + {within_quarter}"
        happens = draws.chance_sql(share, "clear", "number", f"{quarter}L")
        cleared.append(f"CASE WHEN {happens} AND {at_ms} >= {moment} THEN 1L ELSE 0L END")
    return " + ".join(cleared)


def cookie(draws: Draws, which: str, epoch: str) -> str:
    """SQL: the web cookie of a person's browser `which` (0, 1) after `epoch` clearings."""
    return draws.uuid_sql("cookie", "number", which, epoch)


def install(draws: Draws, which: str, epoch: str) -> str:
    """SQL: the install id of a person's app on device `which` after `epoch` installs."""
    return draws.uuid_sql("install", "number", which, epoch)


def own_device(draws: Draws, which: str) -> str:
    """SQL: the id of a person's device `which`."""
    return f"upper({draws.uuid_sql('device', 'number', which)})"


def tablet_cookie(draws: Draws) -> str:
    """SQL: the one cookie of the family tablet."""
    return draws.uuid_sql("tablet-cookie", "household_id")


def tablet_install(draws: Draws) -> str:
    """SQL: the one install id of the family tablet."""
    return draws.uuid_sql("tablet-install", "household_id")


def tablet_device(draws: Draws) -> str:
    """SQL: the device id of the family tablet."""
    return f"upper({draws.uuid_sql('tablet-device', 'household_id')})"


def kiosk_install(draws: Draws) -> str:
    """SQL: the install id of the kiosk in the store."""
    return draws.uuid_sql("kiosk-install")


def kiosk_device(draws: Draws) -> str:
    """SQL: the device id of the kiosk in the store."""
    return f"upper({draws.uuid_sql('kiosk-device')})"


def bot_cookie(draws: Draws, bot: str, week: str) -> str:
    """SQL: the cookie that crawler `bot` has for a week (both bigint)."""
    return draws.uuid_sql("bot-cookie", bot, week)
