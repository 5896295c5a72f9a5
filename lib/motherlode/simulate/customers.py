"""What the business knows of its customers: CRM rows, consents, survey answers."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, HOUR, MINUTE, iso_local
from motherlode.simulate.draws import Draws
from motherlode.simulate.names import STREETS
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.people import NEVER, START_MS, withheld_purposes
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records, csv_line, quoted

COMMENTS = (
    "Great store", "Fine, but the lines are long", 'They said "fresh", it was not', "Too expensive!!",
    "Love the bakery \U0001f950\u2764\ufe0f", "Parking is bad,\nand the carts are dirty", "ok", "n/a",
    "Staff are friendly; prices, less so", "Une tr\u00e8s bonne boulangerie, merci!", "<script>alert('hi')</script>",
    "Milk was sour,\nasked for a refund,\n\"no\" they said", "\U0001f621\U0001f621 never again", "Good value & quick",
)  # fmt: skip


def crm_records(people: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source crm_customers: a row when a person joins, for some another one later."""
    who = F.col("number")
    typo = F.col("name_typo") | F.col("email_typo")
    update = F.col("joined_ms") + draws.between(15 * DAY, 200 * DAY, "crm-update-when", who)
    updates = draws.chance(RATES.crm_updates, "crm-update", who) & (update < START_MS + 364 * DAY)
    nothing = F.lit(0).cast("long")
    versions = F.array_compact(
        F.array(
            F.struct(nothing.alias("version"), F.col("joined_ms").alias("updated_ms")),
            F.when(updates, F.struct((nothing + 1).alias("version"), update.alias("updated_ms"))),
        )
    )
    rows = people.where("is_adult").withColumn("_version", F.explode(versions)).select("*", "_version.*")
    first = F.col("version") == 0
    moves = ~first & ~typo & draws.chance(0.5, "crm-moves", who)
    new_phone = ~first & ~typo & ~moves
    new_street = F.concat((F.lit(1) + draws.below(9999, "new-number", who)).cast("string"), F.lit(" "),
                          draws.one_of(STREETS, "new-street", who))  # fmt: skip
    misspelt = F.concat(F.expr("left(first_name, 1)"), F.expr("substr(first_name, 3)"))
    email = F.when(F.col("email_typo") & first, F.col("typo_email")).otherwise(F.col("email"))
    phone = F.when(new_phone, F.col("new_phone")).otherwise(F.col("phone"))
    has_email = F.col("email_typo") | draws.chance(RATES.crm_email, "crm-email", who)
    rows = rows.select(
        "crm_id",
        "household_id",
        F.when(F.col("name_typo") & first, misspelt).otherwise(F.col("first_name")).alias("first_name"),
        "last_name",
        F.when(has_email, email).alias("email"),
        F.when(new_phone | draws.chance(RATES.crm_phone, "crm-phone", who), phone).alias("phone"),
        F.when(draws.chance(RATES.crm_card, "crm-card", who), F.col("loyalty_card")).alias("loyalty_card"),
        "birth_date",
        F.when(moves, new_street).otherwise(F.col("street")).alias("street"),
        "city",
        "postcode",
        "updated_ms",
        F.col("updated_ms").alias("occurred_ms"),
        F.format_string("%s/%d", "crm_id", "version").alias("key"),
    )
    text = csv_line(
        "crm_id", "household_id", quoted("first_name"), quoted("last_name"), "email", "phone", "loyalty_card",
        "birth_date", quoted("street"), "city", "postcode", iso_local(F.col("updated_ms")),
    )  # fmt: skip
    delivered = within(deliver(rows, "crm_customers", draws), first_ms, until_ms)
    return as_records(delivered, F.lit("crm_customers"), text, F.lit(False))


def consent_records(people: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source consents: each person's decisions, and withdrawals later."""
    decisions = []
    for purpose, _ in withheld_purposes():
        until = F.col(f"{purpose}_until_ms")
        decisions.append(_decision(purpose, F.col(purpose), F.col("joined_ms") + F.lit(5 * MINUTE)))
        withdrawn = _decision(purpose, F.lit(False), until)
        decisions.append(F.when(until < NEVER, withdrawn))
    rows = people.where("is_adult").withColumn("_decision", F.explode(F.array_compact(F.array(*decisions))))
    rows = rows.select("crm_id", "email", "_decision.*")
    rows = rows.withColumn("key", F.format_string("%s/%s/%d", "crm_id", "purpose", "occurred_ms"))
    granted = F.col("granted").cast("string")
    text = csv_line("crm_id", "email", "purpose", granted, iso_local(F.col("occurred_ms")))
    delivered = within(deliver(rows, "consents", draws), first_ms, until_ms)
    return as_records(delivered, F.lit("consents"), text, F.lit(False))


def _decision(purpose: str, granted: Column, at: Column) -> Column:
    return F.struct(F.lit(purpose).alias("purpose"), granted.alias("granted"), at.alias("occurred_ms"))


def survey_records(people: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source surveys: up to three answers (nps, rating, comment) share a response_id."""
    quarters = people.where("is_adult").withColumn(
        "quarter", F.explode(F.sequence(F.lit(0).cast("long"), F.lit(3).cast("long")))
    )
    ids = ("number", "quarter")
    at = F.lit(START_MS + 9 * HOUR) + F.col("quarter") * (91 * DAY) + draws.below(90 * DAY, "survey-when", *ids)
    wrong = F.col("partner_card").isNotNull() & draws.chance(RATES.wrong_card, "wrong-card", *ids)
    card = F.when(wrong, F.col("partner_card")).otherwise(F.col("loyalty_card"))
    address = F.col("email")
    plants = draws.chance(RATES.planted_comments, "plant-comment", *ids)
    comment = draws.one_of(COMMENTS, "comment", *ids)
    asked = F.concat(comment, F.lit(". Please write to "), address, F.lit(", thanks"))
    mood = draws.unit("mood", *ids)
    nps = F.floor(F.lit(11) * F.pow(mood, F.lit(0.6)))
    rating = F.floor(F.lit(1) + F.lit(5) * F.pow(mood, F.lit(0.7)))
    comments = draws.chance(0.5, "comments", *ids)
    no_address = F.lit(None).cast("string")
    answers = F.array_compact(
        F.array(
            _answer("nps", nps.cast("string"), no_address),
            _answer("rating", rating.cast("string"), no_address),
            F.when(comments, _answer("comment", F.when(plants, asked).otherwise(comment), F.when(plants, address))),
        )
    )
    responses = quarters.where(draws.chance(RATES.surveys, "survey", *ids)).select(
        F.concat(F.lit("r-"), F.substring(draws.uuid("response", *ids), 1, 18)).alias("response_id"),
        F.when(draws.chance(RATES.survey_email, "survey-email", *ids), address).alias("email"),
        F.when(draws.chance(RATES.survey_card, "survey-card", *ids), card).alias("loyalty_card"),
        at.alias("occurred_ms"),
        F.explode(answers).alias("_answer"),
    )
    rows = responses.select("*", "_answer.*").withColumn("key", F.format_string("%s/%s", "response_id", "question"))
    answered = iso_local(F.col("occurred_ms"))
    text = csv_line("response_id", "email", "loyalty_card", answered, "question", quoted("answer"))
    delivered = within(deliver(rows, "surveys", draws), first_ms, until_ms)
    return as_records(delivered, F.lit("surveys"), text, F.lit(False))


def _answer(question: str, answer: Column, planted: Column) -> Column:
    return F.struct(F.lit(question).alias("question"), answer.alias("answer"), planted.alias("planted"))
