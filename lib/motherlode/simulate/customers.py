"""What the business knows of its customers: CRM rows, consents, survey answers."""

from pyspark.sql import DataFrame

from motherlode.simulate.clock import DAY, HOUR, MINUTE, iso_local_sql
from motherlode.simulate.draws import Draws, nth_of
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.people import NEVER, START_MS, street_sql, withheld_purposes
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records, csv_line, quoted

COMMENTS = (
    "Great store", "Fine, but the lines are long", 'They said "fresh", it was not', "Too expensive!!",
    "Love the bakery \U0001f950\u2764\ufe0f", "Parking is bad,\nand the carts are dirty", "ok", "n/a",
    "Staff are friendly; prices, less so", "Une tr\u00e8s bonne boulangerie, merci!", "<script>alert('hi')</script>",
    'Milk was sour,\nasked for a refund,\n"no" they said', "\U0001f621\U0001f621 never again", "Good value & quick",
)  # fmt: skip


def crm_records(people: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source crm_customers: a row when a person joins, for some another one later."""
    update = f"joined_ms + {draws.between_sql(15 * DAY, 200 * DAY, 'crm-update-when', 'number')}"
    updates = draws.chance_sql(RATES.crm_updates, "crm-update", "number")
    versions = f"""array_compact(array(named_struct('version', 0L, 'updated_ms', joined_ms),
        CASE WHEN {updates} AND {update} < {START_MS + 364 * DAY}L
        THEN named_struct('version', 1L, 'updated_ms', {update}) END))"""
    rows = people.where("is_adult").selectExpr("*", f"explode({versions}) AS _version")
    rows = rows.selectExpr(
        "*",
        "_version.*",
        f"""_version.version = 1 AND NOT name_typo AND NOT email_typo
            AND {draws.chance_sql(0.5, "crm-moves", "number")} AS moves""",
    )
    rows = rows.selectExpr("*", "version = 1 AND NOT name_typo AND NOT email_typo AND NOT moves AS gets_phone")
    has_email = f"(email_typo OR {draws.chance_sql(RATES.crm_email, 'crm-email', 'number')})"
    has_phone = draws.chance_sql(RATES.crm_phone, "crm-phone", "number")
    has_card = draws.chance_sql(RATES.crm_card, "crm-card", "number")
    misspelt = "concat(left(first_name, 1), substr(first_name, 3))"
    rows = rows.selectExpr(
        "crm_id",
        "household_id",
        f"CASE WHEN name_typo AND version = 0 THEN {misspelt} ELSE first_name END AS first_name",
        "last_name",
        f"CASE WHEN {has_email} THEN IF(email_typo AND version = 0, typo_email, email) END AS email",
        f"CASE WHEN gets_phone THEN new_phone WHEN {has_phone} THEN phone END AS phone",
        f"CASE WHEN {has_card} THEN loyalty_card END AS loyalty_card",
        "birth_date",
        f"CASE WHEN moves THEN {street_sql(draws, 'new-street', 'number')} ELSE street END AS street",
        "city",
        "postcode",
        "updated_ms",
        "updated_ms AS occurred_ms",
        "format_string('%s/%d', crm_id, version) AS key",
    )
    text = csv_line(
        "crm_id", "household_id", quoted("first_name"), quoted("last_name"), "email", "phone", "loyalty_card",
        "birth_date", quoted("street"), "city", "postcode", iso_local_sql("updated_ms"),
    )  # fmt: skip
    delivered = within(deliver(rows, "crm_customers", draws), first_ms, until_ms)
    return as_records(delivered, "'crm_customers'", text)


def consent_records(people: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source consents: each person's decisions, and withdrawals later."""
    decisions = []
    for purpose, _ in withheld_purposes():
        decisions.append(_decision(purpose, purpose, f"joined_ms + {5 * MINUTE}L"))
        withdrawn = _decision(purpose, "false", f"{purpose}_until_ms")
        decisions.append(f"CASE WHEN {purpose}_until_ms < {NEVER}L THEN {withdrawn} END")
    listed = f"explode(array_compact(array({', '.join(decisions)}))) AS _decision"
    rows = people.where("is_adult").selectExpr("crm_id", "email", listed).selectExpr("crm_id", "email", "_decision.*")
    rows = rows.selectExpr("*", "format_string('%s/%s/%d', crm_id, purpose, occurred_ms) AS key")
    text = csv_line("crm_id", "email", "purpose", "granted", iso_local_sql("occurred_ms"))
    delivered = within(deliver(rows, "consents", draws), first_ms, until_ms)
    return as_records(delivered, "'consents'", text)


def _decision(purpose: str, granted: str, at: str) -> str:
    return f"named_struct('purpose', '{purpose}', 'granted', {granted}, 'occurred_ms', {at})"


def survey_records(people: DataFrame, first_ms: int, until_ms: int, draws: Draws) -> DataFrame:
    """Records of the source surveys: up to three answers (nps, rating, comment) share a response_id."""
    ids = ("number", "quarter")
    quarters = people.where("is_adult").selectExpr("*", "explode(sequence(0L, 3L)) AS quarter")
    asked = quarters.where(draws.chance(RATES.surveys, "survey", *ids))
    has_email = draws.chance_sql(RATES.survey_email, "survey-email", *ids)
    has_card = draws.chance_sql(RATES.survey_card, "survey-card", *ids)
    wrong = draws.chance_sql(RATES.wrong_card, "wrong-card", *ids)
    when = draws.below_sql(90 * DAY, "survey-when", *ids)
    drawn = asked.selectExpr(
        f"concat('r-', substr({draws.uuid_sql('response', *ids)}, 1, 18)) AS response_id",
        f"CASE WHEN {has_email} THEN email END AS email",
        "email AS own_email",
        f"""CASE WHEN {has_card} THEN IF(partner_card IS NOT NULL AND {wrong}, partner_card, loyalty_card) END
            AS loyalty_card""",
        f"{START_MS + 9 * HOUR}L + quarter * {91 * DAY}L + {when} AS occurred_ms",
        f"{draws.unit_sql('mood', *ids)} AS mood",
        f"{nth_of(COMMENTS, draws.below_sql(len(COMMENTS), 'comment', *ids))} AS comment",
        f"{draws.chance_sql(0.5, 'comments', *ids)} AS comments",
        f"{draws.chance_sql(RATES.planted_comments, 'plant-comment', *ids)} AS plants",
    )
    planted = "concat(comment, '. Please write to ', own_email, ', thanks')"
    answers = f"""explode(array_compact(array(
        {_answer("nps", "CAST(floor(11 * pow(mood, 0.6D)) AS STRING)", "CAST(NULL AS STRING)")},
        {_answer("rating", "CAST(floor(1 + 5 * pow(mood, 0.7D)) AS STRING)", "CAST(NULL AS STRING)")},
        CASE WHEN comments THEN {_answer("comment", f"IF(plants, {planted}, comment)", "IF(plants, own_email, NULL)")}
        END))) AS _answer"""
    kept = ("response_id", "email", "loyalty_card", "occurred_ms")
    rows = drawn.selectExpr(*kept, answers).selectExpr(*kept, "_answer.*")
    rows = rows.selectExpr("*", "format_string('%s/%s', response_id, question) AS key")
    text = csv_line("response_id", "email", "loyalty_card", iso_local_sql("occurred_ms"), "question", quoted("answer"))
    delivered = within(deliver(rows, "surveys", draws), first_ms, until_ms)
    return as_records(delivered, "'surveys'", text)


def _answer(question: str, answer: str, planted: str) -> str:
    return f"named_struct('question', '{question}', 'answer', {answer}, 'planted', {planted})"
