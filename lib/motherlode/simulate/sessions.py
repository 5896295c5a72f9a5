"""Visits to the web shop and the app, and the cookie, install and device that each shows."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, HOUR, MINUTE, SECOND
from motherlode.simulate.draws import Draws
from motherlode.simulate.names import APPS, BROWSERS, KIOSK_APP, TABLET_APP, TABLET_BROWSER
from motherlode.simulate.people import START_MS, kiosk_users
from motherlode.simulate.rates import RATES

QUARTERS = 5
"""Quarters in which cookies can be cleared, from the first day on (91 days each)."""


def sessions_of(baskets: DataFrame, people: DataFrame, pools: DataFrame, draws: Draws) -> DataFrame:
    """One row per session, with the person's columns and: session_id, visit (order, browse, abandoned, kiosk),
    start_ms, end_ms, basket_id, lines (of an order, else null), looked_at and pool (product ids), and what
    `_equipment` adds.
    """
    adults = people.where("is_adult")
    visits = _visits_around(baskets, draws).join(adults, ["household_id", "person_no"], "inner")
    all_visits = visits.unionByName(_kiosk_visits(adults, draws), allowMissingColumns=True)
    all_visits = all_visits.where(F.col("start_ms") >= START_MS)
    return _equipment(all_visits.join(F.broadcast(pools), "origin_id", "inner"), draws)


def _visits_around(baskets: DataFrame, draws: Draws) -> DataFrame:
    at = F.col("at_ms")
    basket = F.col("basket_id")
    order_start = at - draws.between(5 * MINUTE, 40 * MINUTE, "order-span", basket)
    browse_start = at - draws.between(HOUR, 48 * HOUR, "browse-when", basket)
    browse_end = browse_start + draws.between(2 * MINUTE, 30 * MINUTE, "browse-span", basket)
    left_start = at + draws.between(HOUR, 72 * HOUR, "abandoned-when", basket)
    left_end = left_start + draws.between(2 * MINUTE, 30 * MINUTE, "abandoned-span", basket)
    browses = ~F.col("is_online") & draws.chance(RATES.browse_sessions, "browse", basket)
    visits = F.array_compact(
        F.array(
            F.when(F.col("is_online"), _visit("order", order_start, at)),
            F.when(browses, _visit("browse", browse_start, browse_end)),
            F.when(draws.chance(RATES.abandoned_sessions, "abandoned", basket), _visit("abandoned", left_start, left_end)),
        )
    )
    exploded = baskets.withColumn("_visit", F.explode(visits))
    return exploded.select(
        "household_id",
        "person_no",
        "basket_id",
        F.concat(F.col("_visit.visit"), F.lit("-"), F.col("basket_id").cast("string")).alias("session_id"),
        "_visit.*",
        F.when(F.col("_visit.visit") == "order", F.col("lines")).alias("lines"),
        F.transform("lines", lambda line: line["product_id"]).alias("looked_at"),
    )


def _visit(name: str, start: Column, end: Column) -> Column:
    return F.struct(F.lit(name).alias("visit"), start.alias("start_ms"), end.alias("end_ms"))


def _kiosk_visits(adults: DataFrame, draws: Draws) -> DataFrame:
    users = adults.join(kiosk_users(adults, draws), "person_id", "left_semi")
    times = F.sequence(F.lit(1).cast("long"), draws.between(1, 2, "kiosk-visits", "number"))
    visits = users.withColumn("_time", F.explode(times))
    day = draws.below(350, "kiosk-day", "number", "_time") * DAY
    start = F.lit(START_MS + 9 * HOUR) + day + draws.below(11 * HOUR, "kiosk-hour", "number", "_time")
    return visits.select(
        *adults.columns,
        F.format_string("kiosk-%s-%d", "person_id", "_time").alias("session_id"),
        F.lit("kiosk").alias("visit"),
        start.alias("start_ms"),
        (start + F.lit(150 * SECOND)).alias("end_ms"),
    )


def _equipment(visits: DataFrame, draws: Draws) -> DataFrame:
    """Adds channel (web, app), cookie, device, user_agent, logged_in and identifies."""
    session = F.col("session_id")
    in_kiosk = F.col("visit") == "kiosk"
    on_tablet = F.col("has_tablet") & ~in_kiosk & draws.chance(RATES.tablet_sessions, "on-tablet", session)
    in_app = draws.chance(0.5, "in-app", session) & (F.col("has_app") | on_tablet)
    second = F.when(in_app, F.col("second_device")).otherwise(F.col("second_browser"))
    which = F.when(second & draws.chance(0.35, "second", session), 1).otherwise(0).cast("long")
    visits = visits.select(
        "*",
        in_kiosk.alias("in_kiosk"),
        on_tablet.alias("on_tablet"),
        (in_app | in_kiosk).alias("in_app"),
        which.alias("which"),
    )
    epoch = epoch_of(F.col("start_ms"), F.col("in_app"), draws)
    logged_in = (F.col("start_ms") >= F.col("login_ms")) & draws.chance(RATES.logged_in, "logged-in", session)
    shared = F.col("on_tablet") | F.col("in_kiosk")
    return visits.select(
        "*",
        F.when(F.col("in_app"), "app").otherwise("web").alias("channel"),
        _three_ways(
            kiosk_install(draws),
            F.when(F.col("in_app"), tablet_install(draws)).otherwise(tablet_cookie(draws)),
            F.when(F.col("in_app"), install(draws, F.col("which"), epoch)).otherwise(
                cookie(draws, F.col("which"), epoch)
            ),
        ).alias("cookie"),
        F.when(
            F.col("in_app"),
            _three_ways(kiosk_device(draws), tablet_device(draws), own_device(draws, F.col("which"))),
        ).alias("device"),
        _three_ways(
            F.lit(KIOSK_APP),
            F.when(F.col("in_app"), TABLET_APP).otherwise(TABLET_BROWSER),
            F.when(F.col("in_app"), draws.one_of(APPS, "app-agent", "number", "which")).otherwise(
                draws.one_of(BROWSERS, "browser-agent", "number", "which")
            ),
        ).alias("user_agent"),
        (logged_in | F.col("in_kiosk")).alias("logged_in"),
        (shared | draws.chance(0.4, "identifies", session)).alias("identifies"),
    )


def _three_ways(kiosk: Column, tablet: Column, own: Column) -> Column:
    return F.when(F.col("in_kiosk"), kiosk).when(F.col("on_tablet"), tablet).otherwise(own)


def epoch_of(at_ms: Column, in_app: Column, draws: Draws) -> Column:
    """How often the person (column `number`) has cleared the cookies, or installed the app again, by then."""
    total = F.lit(0).cast("long")
    for quarter in range(QUARTERS):
        q = F.lit(quarter).cast("long")
        moment = F.lit(START_MS + quarter * 91 * DAY) + draws.below(91 * DAY, "clear-when", "number", q)
        share = F.when(in_app, RATES.reinstalls).otherwise(RATES.cleared_cookies)
        total = total + (draws.chance(share, "clear", "number", q) & (at_ms >= moment)).cast("long")
    return total


def cookie(draws: Draws, which: Column, epoch: Column) -> Column:
    """The web cookie of a person's browser `which` (0, 1) after `epoch` clearings."""
    return draws.uuid("cookie", "number", which, epoch)


def install(draws: Draws, which: Column, epoch: Column) -> Column:
    """The install id of a person's app on device `which` after `epoch` installs."""
    return draws.uuid("install", "number", which, epoch)


def own_device(draws: Draws, which: Column) -> Column:
    """The id of a person's device `which`."""
    return F.upper(draws.uuid("device", "number", which))


def tablet_cookie(draws: Draws) -> Column:
    """The one cookie of the family tablet."""
    return draws.uuid("tablet-cookie", "household_id")


def tablet_install(draws: Draws) -> Column:
    """The one install id of the family tablet."""
    return draws.uuid("tablet-install", "household_id")


def tablet_device(draws: Draws) -> Column:
    """The device id of the family tablet."""
    return F.upper(draws.uuid("tablet-device", "household_id"))


def kiosk_install(draws: Draws) -> Column:
    """The install id of the kiosk in the store."""
    return draws.uuid("kiosk-install")


def kiosk_device(draws: Draws) -> Column:
    """The device id of the kiosk in the store."""
    return F.upper(draws.uuid("kiosk-device"))


def bot_cookie(draws: Draws, bot: Column | str, week: Column | str) -> Column:
    """The cookie that crawler `bot` has for a week (both long)."""
    return draws.uuid("bot-cookie", bot, week)
