"""SendGrid's event webhook: what became of each e-mail."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, required, scalar
from motherlode.columns.identifiers import cleaned
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.structure import structure
from motherlode.columns.times import epoch_seconds
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import Parsed, canonical_type, identifiers_in, read_json, shaped
from motherlode.sources.source import Source

FIELDS = (
    "email", "timestamp", "event", "sg_event_id", "sg_message_id", "category", "url", "useragent", "reason",
    "status", "attempt", "marketing_campaign_id", "marketing_campaign_name", "sg_machine_open",
)  # fmt: skip
IDENTIFIERS = {"email": ("email",)}


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`; the key is sg_event_id."""
    r = F.col("r")
    frame = read_json(records, FORMAT.schema).withColumns(
        {"_key": cleaned(r["sg_event_id"]), "_occurred_at": epoch_seconds(r["timestamp"])}
    )
    key, occurred_at = F.col("_key"), F.col("_occurred_at")
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=key,
            content=structure(*[r[name] for name in FIELDS]),
            problem=first_problem(
                F.col("problem"),
                required(key, "sg_event_id"),
                scalar(key, "sg_event_id"),
                required(r["event"], "event"),
                plausible_time(r["timestamp"], occurred_at, "timestamp"),
            ),
            occurred_at=occurred_at,
            known_at=occurred_at,
            identifiers=identifiers_in(r, IDENTIFIERS),
            fields={
                "type": canonical_type(r["event"], source),
                "name": scrubbed(r["event"]),
                "channel": F.lit(source.channel),
                "page": page_path(r["url"]),
                "campaign_id": scrubbed(cleaned(r["marketing_campaign_id"])),
                "user_agent": r["useragent"],
                "marked_bot": F.coalesce(r["sg_machine_open"].try_cast("boolean"), F.lit(False)),
            },
        ),
    )


FORMAT = Format(
    name="sendgrid",
    doc="SendGrid's event webhook, a JSON array a line or file: what became of each e-mail",
    url="https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event",
    splitter="json_arrays",
    parse=parse,
    targets=(silver.EVENTS,),
    fields=FIELDS,
    key=("sg_event_id",),
    identifiers=IDENTIFIERS,
    unread=(
        "smtp-id", "ip", "response", "asm_group_id", "bounce_classification", "type", "tls", "cert_err", "url_offset",
        "ip_pool", "pool", "sg_content_type", "sg_template_id", "sg_template_name", "marketing_campaign_version",
        "marketing_campaign_split_id", "singlesend_id", "singlesend_name", "template_id", "newsletter",
    ),
    marks=("sg_event_id", "event"),
)  # fmt: skip
