"""Households and the people in them: names, contact points, and how they behave."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, HOUR, local_midnight
from motherlode.simulate.draws import Draws
from motherlode.simulate.names import CITIES, DOMAINS, FIRST_NAMES, LAST_NAMES, STREETS, mailbox_name
from motherlode.simulate.params import FIRST_DAY
from motherlode.simulate.rates import RATES

ID_STRIDE = 10_000
"""Copy k of a household has its id + k * 10,000 (the real ids end at 2,500)."""
START_MS = local_midnight(FIRST_DAY)
NEVER = START_MS + 3650 * DAY


def copies_of(table: DataFrame, scale: int) -> DataFrame:
    """`table` once for each copy: column `copy` added, household_id shifted, the real one kept as `origin_id`."""
    copies = F.sequence(F.lit(0).cast("long"), F.lit(scale - 1).cast("long"))
    many = table.withColumnRenamed("household_id", "origin_id").withColumn("copy", F.explode(copies))
    return many.withColumn("household_id", F.col("origin_id") + F.col("copy") * ID_STRIDE)


def people_of(households: DataFrame, scale: int, draws: Draws) -> DataFrame:
    """One row per person. Adults have every identifier, children none (they stand in people.csv alone).

    Columns: household_id, origin_id, person_no, person_id, is_adult, two_adults, number, names, contact points,
    behaviour (late_login, login_ms, has_app ...), consent (analytics, personalisation, marketing, marketing_until_ms).
    """
    homes = copies_of(households.select("household_id", "adults", "size"), scale)
    two = F.when(draws.chance(RATES.two_adult_households, "two-adults", "household_id"), 2).otherwise(1)
    adults = F.coalesce("adults", two.cast("long"))
    children = draws.below(3, "children", "household_id")
    homes = homes.withColumn("adults", adults).withColumn(
        "size", F.greatest("adults", F.coalesce("size", F.least(F.lit(4), F.col("adults") + children)))
    )
    two_adults = F.col("adults") == 2
    tablet_share = RATES.shared_households / RATES.two_adult_households
    people = homes.select(
        "household_id",
        "origin_id",
        "copy",
        two_adults.alias("two_adults"),
        (two_adults & draws.chance(tablet_share, "family-tablet", "household_id")).alias("has_tablet"),
        F.concat(
            (F.lit(1) + draws.below(9999, "street-number", "household_id")).cast("string"),
            F.lit(" "),
            draws.one_of(STREETS, "street", "household_id"),
        ).alias("street"),
        draws.one_of(CITIES, "city", "household_id").alias("city"),
        (F.lit(10000) + draws.below(89999, "postcode", "household_id")).cast("string").alias("postcode"),
        _address(draws, "home-ip", "household_id").alias("ip"),
        "adults",
        F.explode(F.sequence(F.lit(1).cast("long"), "size")).alias("person_no"),
    )
    people = people.withColumn("is_adult", F.col("person_no") <= F.col("adults"))
    people = people.withColumn("number", person_number(F.col("person_no")))
    people = people.withColumn("person_id", F.format_string("p-%d-%d", "household_id", "person_no"))
    return _consent(_behaviour(_identity(people, draws), draws), draws)


def person_number(person_no: Column) -> Column:
    """A number that no other person has, from origin_id, copy and the person's number in the household."""
    return F.col("copy") * ID_STRIDE + (F.col("origin_id") - 1) * 4 + person_no - 1


def user_id(number: Column, draws: Draws) -> Column:
    """The shop account of a person."""
    hidden = number * 4096 + draws.below(4096, "user-id", number)
    return F.concat(F.lit("u-"), F.lpad(F.lower(F.hex(hidden)), 9, "0"))


def loyalty_card(number: Column, draws: Draws) -> Column:
    """The loyalty card of a person: ten digits."""
    return (F.lit(6_000_000_000) + number * 997 + draws.below(997, "card", number)).cast("string")


def _identity(people: DataFrame, draws: Draws) -> DataFrame:
    number = F.col("number")
    other = person_number(F.lit(3).cast("long") - F.col("person_no"))
    first = draws.below(len(FIRST_NAMES), "first-name", number)
    own_last = draws.below(len(LAST_NAMES), "last-name", number)
    home_last = draws.below(len(LAST_NAMES), "home-name", "household_id")
    last = F.when(draws.chance(0.8, "takes-home-name", number), home_last).otherwise(own_last)
    mailbox = F.concat_ws(".", _nth(tuple(map(mailbox_name, FIRST_NAMES)), first), _mailbox_last(last))
    domain = draws.one_of(DOMAINS, "domain", number)
    adult_age = F.lit(7000) + draws.below(21000, "birth", number)
    child_age = F.lit(400) + draws.below(5800, "birth", number)
    age = F.when(F.col("is_adult"), adult_age).otherwise(child_age)
    people = people.select(
        "*",
        _nth(FIRST_NAMES, first).alias("first_name"),
        _nth(LAST_NAMES, last).alias("last_name"),
        F.date_sub(F.lit(FIRST_DAY), age.cast("int")).cast("string").alias("birth_date"),
        _adult(F.concat(mailbox, number.cast("string"), F.lit("@"), domain)).alias("email"),
        _adult(_phone(number, 0)).alias("phone"),
        _adult(_phone(number, 1)).alias("new_phone"),
        _adult(user_id(number, draws)).alias("user_id"),
        _adult(loyalty_card(number, draws)).alias("loyalty_card"),
        _adult(F.concat(F.lit("C"), F.lpad((number + 100_000).cast("string"), 8, "0"))).alias("crm_id"),
        F.when(F.col("two_adults") & F.col("is_adult"), user_id(other, draws)).alias("partner_user_id"),
        F.when(F.col("two_adults") & F.col("is_adult"), loyalty_card(other, draws)).alias("partner_card"),
    )
    return people.withColumn("typo_email", F.concat(F.expr("left(email, 1)"), F.expr("substr(email, 3)")))


def _behaviour(people: DataFrame, draws: Draws) -> DataFrame:
    who = F.col("number")
    has_app = draws.chance(RATES.app_users, "has-app", who)
    late_days = draws.between(RATES.late_login_min_days, RATES.late_login_max_days, "login-day", who)
    typo = draws.chance(RATES.typos, "typo", who)
    in_name = draws.chance(0.5, "typo-in-name", who)
    joined_late = F.lit(START_MS) + draws.between(1, 300, "join-day", who) * DAY + F.lit(8 * HOUR)
    people = people.select(
        "*",
        draws.chance(RATES.late_login, "late-login", who).alias("late_login"),
        has_app.alias("has_app"),
        draws.chance(RATES.second_browser, "second-browser", who).alias("second_browser"),
        (has_app & draws.chance(RATES.second_device, "second-device", who)).alias("second_device"),
        (typo & in_name).alias("name_typo"),
        (typo & ~in_name).alias("email_typo"),
        F.when(draws.chance(RATES.first_day_people, "first-day", who), F.lit(START_MS + 6 * HOUR))
        .otherwise(joined_late + draws.below(10 * HOUR, "join-hour", who))
        .alias("joined_ms"),
    )
    login = F.when(F.col("late_login"), F.lit(START_MS) + late_days * DAY).otherwise(F.lit(0).cast("long"))
    return people.withColumn("login_ms", login)


def _consent(people: DataFrame, draws: Draws) -> DataFrame:
    grants = people
    for purpose, withheld in withheld_purposes():
        grants = grants.withColumn(
            purpose, F.col("is_adult") & ~draws.chance(withheld, f"withhold-{purpose}", "number")
        ).withColumn(f"{purpose}_until_ms", _withdrawn_ms(purpose, draws))
    return grants


def withheld_purposes() -> tuple[tuple[str, float], ...]:
    """Each purpose of consent, and how many people withhold it."""
    return (
        ("analytics", RATES.withheld_analytics),
        ("personalisation", RATES.withheld_personalisation),
        ("marketing", RATES.withheld_marketing),
    )


def _withdrawn_ms(purpose: str, draws: Draws) -> Column:
    later = F.col("joined_ms") + draws.between(20, 320, f"withdraw-day-{purpose}", "number") * DAY
    happens = F.col(purpose) & draws.chance(RATES.withdrawals, f"withdraw-{purpose}", "number")
    return F.when(happens & (later < START_MS + 360 * DAY), later).otherwise(F.lit(NEVER))


def kiosk_users(people: DataFrame, draws: Draws) -> DataFrame:
    """person_id of those who log in on the kiosk: a share of all adults, at most `RATES.kiosk_people` of them."""
    adults = people.where("is_adult").withColumn("draw", draws.unit("kiosk", "number"))
    return (
        adults.where(F.col("draw") < RATES.kiosk_share)
        .orderBy("draw", "person_id")
        .limit(RATES.kiosk_people)
        .select("person_id")
    )


def _address(draws: Draws, purpose: str, *ids: Column | str) -> Column:
    n = draws.below(2**17, purpose, *ids)
    blocks = [F.lit(198), F.lit(18) + F.floor(n / 65536), F.pmod(F.floor(n / 256), F.lit(256)), F.pmod(n, F.lit(256))]
    return F.concat_ws(".", *[b.cast("string") for b in blocks])


def _phone(number: Column, which: int) -> Column:
    return F.concat(F.lit("+1555"), (F.lit(2_000_000 + which) + number * 2).cast("string"))


def _adult(value: Column) -> Column:
    return F.when(F.col("is_adult"), value)


def _nth(values: tuple[str, ...], index: Column) -> Column:
    return F.element_at(F.array(*[F.lit(v) for v in values]), (index + 1).cast("int"))


def _mailbox_last(index: Column) -> Column:
    return _nth(tuple(map(mailbox_name, LAST_NAMES)), index)
