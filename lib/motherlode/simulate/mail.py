"""E-mail events as SendGrid's event webhook delivers them."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, HOUR, MINUTE, SECOND
from motherlode.simulate.draws import Draws, nth_of, sql_text
from motherlode.simulate.names import BROWSERS
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.people import NEVER, START_MS
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records

WEEKS = 52
LONGEST_DELAY = 34 * DAY
"""No event of a mail is delivered later: opened within 4 days, late by 20, repeated after 5."""
PAGES = ("weekly-ad", "deals", "recipes")


def email_records(
    people: DataFrame, targets: DataFrame, campaigns: DataFrame, first_ms: int, until_ms: int, draws: Draws
) -> DataFrame:
    """Records of the source email; one is an element of the arrays that the lines hold."""
    readers = _readers(people, draws)
    sends = _newsletters(readers, draws).unionByName(_campaign_mails(readers, targets, campaigns, draws))
    wanted = f"sent_ms > joined_ms AND sent_ms < marketing_until_ms AND sent_ms >= {START_MS}L"
    near = f"sent_ms >= {first_ms - LONGEST_DELAY}L AND sent_ms < {until_ms}L"
    events = _events(sends.where(wanted).where(near), draws)
    delivered = within(deliver(events, "email", draws), first_ms, until_ms)
    return as_records(delivered, "'email'", F.to_json(_event(draws)))


def _readers(people: DataFrame, draws: Draws) -> DataFrame:
    leaves = draws.chance_sql(RATES.unsubscribes, "unsubscribe", "number")
    week = draws.below_sql(WEEKS, "unsubscribe-week", "number")
    return people.where("is_adult AND marketing").selectExpr(
        "household_id",
        "person_no",
        "number",
        "email",
        "joined_ms",
        "ip",
        "marketing_until_ms",
        f"CASE WHEN {leaves} THEN {week} ELSE {WEEKS}L END AS last_week",
    )


def _newsletters(readers: DataFrame, draws: Draws) -> DataFrame:
    weekly = readers.where(draws.chance(RATES.newsletter, "newsletter", "number"))
    weeks = weekly.selectExpr("*", f"explode(sequence(0L, {WEEKS - 1}L)) AS week").where("week <= last_week")
    minute = draws.below_sql(30 * MINUTE, "newsletter-minute", "number", "week")
    return weeks.selectExpr(
        *readers.columns,
        "format_string('n%d-%d', week, number) AS mail_id",
        f"{START_MS + 4 * DAY + 10 * HOUR}L + week * {7 * DAY}L + {minute} AS sent_ms",
        "format_string('newsletter-%02d', week + 1) AS campaign_id",
        "format_string('Weekly newsletter %02d', week + 1) AS campaign_name",
        "'newsletter' AS category",
        "week = last_week AS unsubscribes",
    )


def _campaign_mails(readers: DataFrame, targets: DataFrame, campaigns: DataFrame, draws: Draws) -> DataFrame:
    gone = f"CASE WHEN last_week = {WEEKS} THEN {NEVER}L ELSE {START_MS}L + last_week * {7 * DAY}L END"
    minute = draws.below_sql(30 * MINUTE, "campaign-minute", "number", "campaign_id")
    sent = f"CAST(unix_date(CAST(start_date AS DATE)) AS BIGINT) * {DAY}L + {14 * HOUR}L + {minute} AS sent_ms"
    mails = (
        targets.join(F.broadcast(campaigns), "campaign_id", "inner")
        .join(readers.where("person_no = 1"), "household_id", "inner")
        .selectExpr("*", sent)
    )
    return mails.where(f"sent_ms < {gone}").selectExpr(
        *readers.columns,
        "format_string('c%d-%d', campaign_id, number) AS mail_id",
        "sent_ms",
        "CAST(campaign_id AS STRING) AS campaign_id",
        "format_string('Campaign %d (%s)', campaign_id, campaign_type) AS campaign_name",
        "'campaign' AS category",
        "false AS unsubscribes",
    )


def _events(sends: DataFrame, draws: Draws) -> DataFrame:
    by_mail = ("mail_id",)
    drawn = sends.selectExpr(
        "*",
        f"{draws.chance_sql(RATES.bounces, 'bounce', *by_mail)} AND NOT unsubscribes AS bounces",
        f"{draws.chance_sql(RATES.opens, 'open', *by_mail)} OR unsubscribes AS would_open",
        f"{draws.chance_sql(RATES.machine_opens, 'machine-open', *by_mail)} AS machine_opens",
        f"{draws.chance_sql(RATES.clicks, 'click', *by_mail)} AS would_click",
        f"sent_ms + {draws.between_sql(SECOND, 60 * SECOND, 'arrives', *by_mail)} AS arrives",
    )
    drawn = drawn.selectExpr("*", f"arrives + {draws.between_sql(5 * MINUTE, 3 * DAY, 'opened', *by_mail)} AS opened")
    clicked = f"opened + {draws.between_sql(5 * SECOND, 10 * MINUTE, 'clicked', *by_mail)}"
    happened = (
        ("true", "processed", "sent_ms", "false"),
        ("NOT bounces", "delivered", "arrives", "false"),
        ("bounces", "bounce", "arrives", "false"),
        ("NOT bounces AND machine_opens", "open", f"arrives + {4 * SECOND}L", "true"),
        ("NOT bounces AND would_open", "open", "opened", "false"),
        ("NOT bounces AND would_open AND would_click", "click", clicked, "false"),
        ("unsubscribes", "unsubscribe", f"opened + {11 * MINUTE}L", "false"),
    )
    structs = ", ".join(
        f"""CASE WHEN {when} THEN named_struct('event', {sql_text(event)}, 'machine', {machine},
            'occurred_ms', ({at}) div {SECOND}L * {SECOND}L) END"""
        for when, event, at, machine in happened
    )
    events = drawn.selectExpr("*", f"explode(array_compact(array({structs}))) AS _event")
    return events.selectExpr(*sends.columns, "_event.*").withColumn(
        "key", draws.uuid("sg-event", "mail_id", "event", "machine")
    )


def _event(draws: Draws) -> Column:
    seen = "event IN ('open', 'click')"
    page = nth_of(PAGES, draws.below_sql(len(PAGES), "mail-page", "key"))
    agent = nth_of(BROWSERS, draws.below_sql(len(BROWSERS), "mail-agent", "number"))
    plants = draws.chance_sql(RATES.planted_emails * 4, "mail-plant", "key")
    link = f"concat('https://shop.example.com/', {page}, '?utm_source=newsletter&utm_medium=email')"
    personal = f"CASE WHEN {plants} THEN concat('&email=', replace(email, '@', '%40')) ELSE '' END"
    fields = {
        "email": "email",
        "timestamp": f"occurred_ms div {SECOND}L",
        "event": "event",
        "sg_event_id": "key",
        "sg_message_id": f"concat({draws.uuid_sql('sg-message', 'mail_id')}, '.recvd-0')",
        "smtp-id": "concat('<', mail_id, '@mail.shop.example.com>')",
        "category": "array(category)",
        "marketing_campaign_id": "campaign_id",
        "marketing_campaign_name": "campaign_name",
        "ip": f"CASE WHEN {seen} THEN CASE WHEN machine THEN '203.0.113.7' ELSE ip END END",
        "useragent": f"CASE WHEN {seen} THEN {agent} END",
        "url": f"CASE WHEN event = 'click' THEN concat({link}, {personal}) END",
        "reason": "CASE WHEN event = 'bounce' THEN '550 5.1.1 mailbox unavailable' END",
        "status": "CASE WHEN event = 'bounce' THEN '5.1.1' END",
        "response": "CASE WHEN event = 'delivered' THEN '250 OK' END",
        "sg_machine_open": "CASE WHEN event = 'open' THEN machine END",
    }
    return F.expr("named_struct(" + ", ".join(f"'{name}', {value}" for name, value in fields.items()) + ")")
