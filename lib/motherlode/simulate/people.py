"""Households and the people in them: names, contact points, and how they behave."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, HOUR, local_midnight
from motherlode.simulate.draws import Draws, nth_of
from motherlode.simulate.names import CITIES, DOMAINS, FIRST_NAMES, LAST_NAMES, STREETS, mailbox_name
from motherlode.simulate.params import FIRST_DAY
from motherlode.simulate.rates import RATES

ID_STRIDE = 10_000
"""Copy k of a household has its id + k * 10,000 (the real ids end at 2,500)."""
START_MS = local_midnight(FIRST_DAY)
NEVER = START_MS + 3650 * DAY


def copies_of(table: DataFrame, scale: int) -> DataFrame:
    """`table` once for each copy: column `copy` added, household_id shifted, the real one kept as `origin_id`."""
    rest = [name for name in table.columns if name != "household_id"]
    many = table.selectExpr(*rest, "household_id AS origin_id", f"explode(sequence(0L, {scale - 1}L)) AS copy")
    return many.selectExpr("*", f"origin_id + copy * {ID_STRIDE}L AS household_id")


def people_of(households: DataFrame, scale: int, draws: Draws) -> DataFrame:
    """One row per person. Adults have every identifier, children none (they stand in people.csv alone).

    Columns: household_id, origin_id, person_no, person_id, is_adult, two_adults, number, names, contact points,
    behaviour (late_login, login_ms, has_app ...), consent (analytics, personalisation, marketing, each with _until_ms).
    """
    two_adults = draws.chance_sql(RATES.two_adult_households, "two-adults", "household_id")
    children = draws.below_sql(3, "children", "household_id")
    homes = copies_of(households.select("household_id", "adults", "size"), scale).selectExpr(
        "household_id",
        "origin_id",
        "copy",
        f"coalesce(adults, CASE WHEN {two_adults} THEN 2L ELSE 1L END) AS adults",
        "size",
    )
    tablet_share = RATES.shared_households / RATES.two_adult_households
    people = homes.select(
        "household_id",
        "origin_id",
        "copy",
        F.expr("adults = 2 AS two_adults"),
        F.expr(f"adults = 2 AND {draws.chance_sql(tablet_share, 'family-tablet', 'household_id')} AS has_tablet"),
        F.expr(f"{street_sql(draws, 'street', 'household_id')} AS street"),
        draws.one_of(CITIES, "city", "household_id").alias("city"),
        F.expr(f"CAST(10000 + {draws.below_sql(89999, 'postcode', 'household_id')} AS STRING) AS postcode"),
        _address(draws, "home-ip", "household_id").alias("ip"),
        "adults",
        F.expr(f"explode(sequence(1L, greatest(adults, coalesce(size, least(4L, adults + {children}))))) AS person_no"),
    )
    people = people.selectExpr(
        "*",
        "person_no <= adults AS is_adult",
        f"{person_number('person_no')} AS number",
        "format_string('p-%d-%d', household_id, person_no) AS person_id",
    )
    return _consent(_behaviour(_identity(people, draws), draws), draws)


def person_number(person_no: str) -> str:
    """SQL: a number that no other person has, from origin_id, copy and the person's number in the household."""
    return f"(copy * {ID_STRIDE}L + (origin_id - 1L) * 4L + ({person_no}) - 1L)"


def user_id(number: str, draws: Draws) -> str:
    """SQL: the shop account of a person."""
    hidden = f"({number}) * 4096L + {draws.below_sql(4096, 'user-id', number)}"
    return f"concat('u-', lpad(lower(hex({hidden})), 9, '0'))"


def loyalty_card(number: str, draws: Draws) -> str:
    """SQL: the loyalty card of a person, ten digits."""
    return f"CAST(6000000000L + ({number}) * 997L + {draws.below_sql(997, 'card', number)} AS STRING)"


def street_sql(draws: Draws, purpose: str, *ids: str) -> str:
    """SQL: a street and number."""
    street = nth_of(STREETS, draws.below_sql(len(STREETS), purpose, *ids))
    return f"concat(CAST(1 + {draws.below_sql(9999, purpose + '-number', *ids)} AS STRING), ' ', {street})"


def _identity(people: DataFrame, draws: Draws) -> DataFrame:
    own_last = draws.below_sql(len(LAST_NAMES), "last-name", "number")
    home_last = draws.below_sql(len(LAST_NAMES), "home-name", "household_id")
    takes_home_name = draws.chance_sql(0.8, "takes-home-name", "number")
    people = people.selectExpr(
        "*",
        f"{draws.below_sql(len(FIRST_NAMES), 'first-name', 'number')} AS first_index",
        f"CASE WHEN {takes_home_name} THEN {home_last} ELSE {own_last} END AS last_index",
        f"{draws.below_sql(len(DOMAINS), 'domain', 'number')} AS domain_index",
        f"{person_number('3L - person_no')} AS partner",
        f"""CASE WHEN is_adult THEN 7000L + {draws.below_sql(21000, "birth", "number")}
            ELSE 400L + {draws.below_sql(5800, "birth", "number")} END AS age_days""",
    )
    mailbox = f"""concat_ws('.', {nth_of(tuple(map(mailbox_name, FIRST_NAMES)), "first_index")},
        {nth_of(tuple(map(mailbox_name, LAST_NAMES)), "last_index")})"""
    email = f"concat({mailbox}, CAST(number AS STRING), '@', {nth_of(DOMAINS, 'domain_index')})"
    crm_id = "concat('C', lpad(CAST(number + 100000 AS STRING), 8, '0'))"
    people = people.selectExpr(
        "*",
        f"{nth_of(FIRST_NAMES, 'first_index')} AS first_name",
        f"{nth_of(LAST_NAMES, 'last_index')} AS last_name",
        f"CAST(date_sub(DATE'{FIRST_DAY}', CAST(age_days AS INT)) AS STRING) AS birth_date",
        f"CASE WHEN is_adult THEN {email} END AS email",
        f"CASE WHEN is_adult THEN {_phone(0)} END AS phone",
        f"CASE WHEN is_adult THEN {_phone(1)} END AS new_phone",
        f"CASE WHEN is_adult THEN {user_id('number', draws)} END AS user_id",
        f"CASE WHEN is_adult THEN {loyalty_card('number', draws)} END AS loyalty_card",
        f"CASE WHEN is_adult THEN {crm_id} END AS crm_id",
        f"CASE WHEN is_adult AND two_adults THEN {user_id('partner', draws)} END AS partner_user_id",
        f"CASE WHEN is_adult AND two_adults THEN {loyalty_card('partner', draws)} END AS partner_card",
    )
    return people.selectExpr("*", "concat(left(email, 1), substr(email, 3)) AS typo_email")


def _behaviour(people: DataFrame, draws: Draws) -> DataFrame:
    late_days = draws.between_sql(RATES.late_login_min_days, RATES.late_login_max_days, "login-day", "number")
    typo, in_name = draws.chance_sql(RATES.typos, "typo", "number"), draws.chance_sql(0.5, "typo-in-name", "number")
    join_day = draws.between_sql(1, 300, "join-day", "number")
    joined = f"{START_MS + 8 * HOUR}L + {join_day} * {DAY}L + {draws.below_sql(10 * HOUR, 'join-hour', 'number')}"
    at_once = draws.chance_sql(RATES.first_day_people, "first-day", "number")
    people = people.selectExpr(
        "*",
        f"{draws.chance_sql(RATES.late_login, 'late-login', 'number')} AS late_login",
        f"{draws.chance_sql(RATES.app_users, 'has-app', 'number')} AS has_app",
        f"{draws.chance_sql(RATES.second_browser, 'second-browser', 'number')} AS second_browser",
        f"{typo} AND {in_name} AS name_typo",
        f"{typo} AND NOT {in_name} AS email_typo",
        f"CASE WHEN {at_once} THEN {START_MS + 6 * HOUR}L ELSE {joined} END AS joined_ms",
    )
    return people.selectExpr(
        "*",
        f"has_app AND {draws.chance_sql(RATES.second_device, 'second-device', 'number')} AS second_device",
        f"CASE WHEN late_login THEN {START_MS}L + {late_days} * {DAY}L ELSE 0L END AS login_ms",
    )


def _consent(people: DataFrame, draws: Draws) -> DataFrame:
    grants, untils = [], []
    for purpose, withheld in withheld_purposes():
        grants.append(f"is_adult AND NOT {draws.chance_sql(withheld, f'withhold-{purpose}', 'number')} AS {purpose}")
        later = f"joined_ms + {draws.between_sql(20, 320, f'withdraw-day-{purpose}', 'number')} * {DAY}L"
        happens = draws.chance_sql(RATES.withdrawals, f"withdraw-{purpose}", "number")
        in_time = f"{later} < {START_MS + 360 * DAY}L"
        untils.append(
            f"CASE WHEN {purpose} AND {happens} AND {in_time} THEN {later} ELSE {NEVER}L END AS {purpose}_until_ms"
        )
    return people.selectExpr("*", *grants).selectExpr("*", *untils)


def withheld_purposes() -> tuple[tuple[str, float], ...]:
    """Each purpose of consent, and how many people withhold it."""
    return (
        ("analytics", RATES.withheld_analytics),
        ("personalisation", RATES.withheld_personalisation),
        ("marketing", RATES.withheld_marketing),
    )


def kiosk_users(people: DataFrame, draws: Draws) -> DataFrame:
    """person_id of those who log in on the kiosk: a share of all adults, at most `RATES.kiosk_people` of them."""
    drawn = people.where("is_adult").select("person_id", draws.unit("kiosk", "number").alias("draw"))
    chosen = drawn.where(f"draw < {RATES.kiosk_share!r}D")
    return chosen.orderBy("draw", "person_id").limit(RATES.kiosk_people).select("person_id")


def _address(draws: Draws, purpose: str, *ids: str) -> Column:
    n = draws.below_sql(2**17, purpose, *ids)
    return F.expr(f"concat('198.', 18 + ({n}) div 65536, '.', (({n}) div 256) % 256, '.', ({n}) % 256)")


def _phone(which: int) -> str:
    return f"concat('+1555', CAST({2_000_000 + which}L + number * 2L AS STRING))"
