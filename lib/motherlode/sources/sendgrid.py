"""SendGrid's event webhook: what became of each e-mail.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, required, scalar
from motherlode.columns.identifiers import cleaned
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.times import epoch_seconds
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.parsed import Identifier, Parsed, read_json, shaped
from motherlode.sources.source import Source

SCHEMA = """
    email string, timestamp string, event string, sg_event_id string, sg_message_id string, category string,
    url string, useragent string, reason string, status string, attempt string,
    marketing_campaign_id string, marketing_campaign_name string, sg_machine_open string
"""
EVENTS = {
    "processed": "email_processed",
    "delivered": "email_delivered",
    "open": "email_opened",
    "click": "email_clicked",
    "bounce": "email_bounced",
    "dropped": "email_dropped",
    "deferred": "email_deferred",
    "spamreport": "email_reported",
    "unsubscribe": "email_unsubscribed",
    "group_unsubscribe": "email_unsubscribed",
    "group_resubscribe": "email_resubscribed",
}


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is sg_event_id."""
    frame = read_json(records, SCHEMA)
    r = F.col("r")
    occurred_at = epoch_seconds(r["timestamp"])
    key = cleaned(r["sg_event_id"])
    names = F.create_map(*[F.lit(text) for pair in {**EVENTS, **source.events}.items() for text in pair])
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=key,
            content=F.to_json(r),
            problem=first_problem(
                F.col("problem"),
                required(key, "sg_event_id"),
                scalar(key, "sg_event_id"),
                required(r["event"], "event"),
                plausible_time(r["timestamp"], occurred_at, "timestamp"),
            ),
            occurred_at=occurred_at,
            known_at=occurred_at,
            identifiers=(Identifier("email", r["email"]),),
            fields={
                "type": F.coalesce(F.try_element_at(names, r["event"]), F.lit("other")),
                "name": scrubbed(r["event"]),
                "channel": F.lit(source.channel),
                "page": page_path(r["url"]),
                "campaign_id": scrubbed(cleaned(r["marketing_campaign_id"])),
                "user_agent": r["useragent"],
                "marked_bot": F.coalesce(r["sg_machine_open"].try_cast("boolean"), F.lit(False)),
            },
        ),
    )
