"""SendGrid's event webhook: what became of each e-mail.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, required, scalar
from motherlode.columns.identifiers import cleaned
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.structure import structure
from motherlode.columns.times import epoch_seconds
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.parsed import Identifier, Parsed, read_json, shaped
from motherlode.sources.source import Source

LEAVES = (
    "email", "timestamp", "event", "sg_event_id", "sg_message_id", "category", "url", "useragent", "reason",
    "status", "attempt", "marketing_campaign_id", "marketing_campaign_name", "sg_machine_open",
)  # fmt: skip
SCHEMA = ", ".join(f"{name} string" for name in LEAVES)
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
    r = F.col("r")
    frame = read_json(records, SCHEMA).withColumns(
        {"_key": cleaned(r["sg_event_id"]), "_occurred_at": epoch_seconds(r["timestamp"])}
    )
    key, occurred_at = F.col("_key"), F.col("_occurred_at")
    names = F.create_map(*[F.lit(text) for pair in {**EVENTS, **source.events}.items() for text in pair])
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=key,
            content=structure(*[r[name] for name in LEAVES]),
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
