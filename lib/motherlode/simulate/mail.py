"""E-mail events as SendGrid's event webhook delivers them."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.simulate.clock import DAY, HOUR, MINUTE, SECOND
from motherlode.simulate.draws import Draws
from motherlode.simulate.names import BROWSERS
from motherlode.simulate.noise import deliver, within
from motherlode.simulate.people import NEVER, START_MS
from motherlode.simulate.rates import RATES
from motherlode.simulate.records import as_records

WEEKS = 52
LONGEST_READ = 4 * DAY
"""No mail is opened later than this."""
PAGES = ("weekly-ad", "deals", "recipes")


def email_records(
    people: DataFrame, targets: DataFrame, campaigns: DataFrame, first_ms: int, until_ms: int, draws: Draws
) -> DataFrame:
    """Records of the source email; one is an element of the arrays that the lines hold."""
    readers = _readers(people, draws)
    sends = _newsletters(readers, draws).unionByName(_campaign_mails(readers, targets, campaigns, draws))
    wanted = (F.col("sent_ms") > F.col("joined_ms")) & (F.col("sent_ms") < F.col("marketing_until_ms"))
    near = (F.col("sent_ms") >= first_ms - LONGEST_READ - 30 * DAY) & (F.col("sent_ms") < until_ms)
    events = _events(sends.where(wanted & near), draws)
    delivered = within(deliver(events, "email", draws), first_ms, until_ms)
    return as_records(delivered, F.lit("email"), F.to_json(_event(draws)), F.lit(False))


def _readers(people: DataFrame, draws: Draws) -> DataFrame:
    leaves = draws.chance(RATES.unsubscribes, "unsubscribe", "number")
    week = draws.below(WEEKS, "unsubscribe-week", "number")
    return people.where("is_adult AND marketing").select(
        "household_id",
        "person_no",
        "number",
        "email",
        "joined_ms",
        "ip",
        "marketing_until_ms",
        F.when(leaves, week).otherwise(F.lit(WEEKS).cast("long")).alias("last_week"),
    )


def _newsletters(readers: DataFrame, draws: Draws) -> DataFrame:
    weekly = readers.where(draws.chance(RATES.newsletter, "newsletter", "number"))
    weeks = weekly.withColumn("week", F.explode(F.sequence(F.lit(0).cast("long"), F.lit(WEEKS - 1).cast("long"))))
    thursday = F.lit(START_MS + 4 * DAY + 10 * HOUR) + F.col("week") * (7 * DAY)
    sent = thursday + draws.below(30 * MINUTE, "newsletter-minute", "number", "week")
    return weeks.where(F.col("week") <= F.col("last_week")).select(
        *readers.columns,
        F.format_string("n%d-%d", "week", "number").alias("mail_id"),
        sent.alias("sent_ms"),
        F.format_string("newsletter-%02d", F.col("week") + 1).alias("campaign_id"),
        F.format_string("Weekly newsletter %02d", F.col("week") + 1).alias("campaign_name"),
        F.lit("newsletter").alias("category"),
        (F.col("week") == F.col("last_week")).alias("unsubscribes"),
    )


def _campaign_mails(readers: DataFrame, targets: DataFrame, campaigns: DataFrame, draws: Draws) -> DataFrame:
    leaves_ms = F.lit(START_MS) + F.col("last_week") * (7 * DAY)
    gone_ms = F.when(F.col("last_week") == WEEKS, F.lit(NEVER)).otherwise(leaves_ms)
    mails = (
        targets.join(F.broadcast(campaigns), "campaign_id", "inner")
        .join(readers.where("person_no = 1"), "household_id", "inner")
        .withColumn("start_ms", F.unix_date(F.col("start_date").cast("date")).cast("long") * DAY + F.lit(14 * HOUR))
    )
    sent = F.col("start_ms") + draws.below(30 * MINUTE, "campaign-minute", "number", "campaign_id")
    return mails.where(sent < gone_ms).select(
        *readers.columns,
        F.format_string("c%d-%d", "campaign_id", "number").alias("mail_id"),
        sent.alias("sent_ms"),
        F.col("campaign_id").cast("string").alias("campaign_id"),
        F.format_string("Campaign %d (%s)", "campaign_id", "campaign_type").alias("campaign_name"),
        F.lit("campaign").alias("category"),
        F.lit(False).alias("unsubscribes"),
    )


def _events(sends: DataFrame, draws: Draws) -> DataFrame:
    mail = F.col("mail_id")
    bounces = draws.chance(RATES.bounces, "bounce", mail) & ~F.col("unsubscribes")
    opens = ~bounces & (F.col("unsubscribes") | draws.chance(RATES.opens, "open", mail))
    machine = ~bounces & draws.chance(RATES.machine_opens, "machine-open", mail)
    clicks = opens & draws.chance(RATES.clicks, "click", mail)
    arrives = F.col("sent_ms") + draws.between(SECOND, 60 * SECOND, "arrives", mail)
    opened = arrives + draws.between(5 * MINUTE, 3 * DAY, "opened", mail)
    clicked = opened + draws.between(5 * SECOND, 10 * MINUTE, "clicked", mail)
    happened = F.array_compact(
        F.array(
            _happened("processed", F.col("sent_ms")),
            F.when(~bounces, _happened("delivered", arrives)),
            F.when(bounces, _happened("bounce", arrives)),
            F.when(machine, _happened("open", arrives + 4 * SECOND, machine=True)),
            F.when(opens, _happened("open", opened)),
            F.when(clicks, _happened("click", clicked)),
            F.when(F.col("unsubscribes"), _happened("unsubscribe", opened + MINUTE)),
        )
    )
    events = sends.withColumn("_event", F.explode(happened)).select("*", "_event.*").drop("_event")
    events = events.where(F.col("sent_ms") >= START_MS)
    return events.withColumn("key", draws.uuid("sg-event", "mail_id", "event", "machine"))


def _happened(event: str, at: Column, machine: bool = False) -> Column:
    seconds = F.floor(at / F.lit(SECOND)) * SECOND
    return F.struct(F.lit(event).alias("event"), seconds.alias("occurred_ms"), F.lit(machine).alias("machine"))


def _event(draws: Draws) -> Column:
    event = F.col("event")
    seen = event.isin("open", "click")
    plants = draws.chance(RATES.planted_emails * 4, "mail-plant", "key")
    page = draws.one_of(PAGES, "mail-page", "key")
    link = F.concat(F.lit("https://shop.example.com/"), page, F.lit("?utm_source=newsletter&utm_medium=email"))
    personal = F.concat(link, F.lit("&email="), F.replace(F.col("email"), F.lit("@"), F.lit("%40")))
    return F.struct(
        "email",
        F.floor(F.col("occurred_ms") / F.lit(SECOND)).alias("timestamp"),
        event.alias("event"),
        F.col("key").alias("sg_event_id"),
        F.concat(draws.uuid("sg-message", "mail_id"), F.lit(".recvd-0")).alias("sg_message_id"),
        F.concat(F.lit("<"), F.col("mail_id"), F.lit("@mail.shop.example.com>")).alias("smtp-id"),
        F.array(F.col("category")).alias("category"),
        F.col("campaign_id").alias("marketing_campaign_id"),
        F.col("campaign_name").alias("marketing_campaign_name"),
        F.when(seen, F.when(F.col("machine"), "203.0.113.7").otherwise(F.col("ip"))).alias("ip"),
        F.when(seen, draws.one_of(BROWSERS, "mail-agent", "number")).alias("useragent"),
        F.when(event == "click", F.when(plants, personal).otherwise(link)).alias("url"),
        F.when(event == "bounce", "550 5.1.1 mailbox unavailable").alias("reason"),
        F.when(event == "bounce", "5.1.1").alias("status"),
        F.when(event == "delivered", "250 OK").alias("response"),
        F.when(event == "open", F.col("machine")).alias("sg_machine_open"),
    )
