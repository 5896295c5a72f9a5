"""A web server's access log, in the combined format or the common one, as Apache and nginx write them."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from motherlode.checks.rules import first_problem, plausible_time, problem, readable
from motherlode.columns.identifiers import FALLBACK, cleaned
from motherlode.columns.scrub import page_path, scrubbed
from motherlode.columns.structure import structure
from motherlode.columns.times import instant
from motherlode.contracts import silver
from motherlode.contracts.tables import Table
from motherlode.sources.format import Format
from motherlode.sources.parsed import CARRIED, Parsed, canonical_type, identifiers_in, shaped
from motherlode.sources.source import Source

FIELDS = ("line", "user", "time", "request", "status", "referrer", "user_agent")
"""The line as a whole, and what is read of it."""
IDENTIFIERS = {"user_id": ("user",), FALLBACK: ("line",)}
_SEPARATOR = "\u0001"
"""Between the fields of a line that was understood; servers escape it, so that no line holds it."""
# Each repetition is possessive: what a client sent is read once, whatever it sent.
_QUOTED = r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"'
_LINE = (
    r"(?s)^\S++ \S++ (\S++) \[([^\]]*+)\] "
    rf"{_QUOTED} ([0-9]{{3}}|-) (?:[0-9]++|-)(?: {_QUOTED} {_QUOTED}(?: .*+)?+)?+\s*+\z"
)
"""All but the host, ident and bytes. More fields may follow, as in the example that nginx is installed with."""
_REQUEST = r"^([A-Z][A-Z_-]{1,19}+) (\S++)(?: HTTP/[0-9](?:\.[0-9])?)?\z"
_TIME = "dd/MMM/yyyy:HH:mm:ss Z"
_ASSET = (
    r"(?i)\.(?:css|m?js|map|json|xml|txt|rss|atom|webmanifest|wasm|png|jpe?g|gif|svg|ico|webp|avif|bmp|tiff?"
    r"|woff2?|ttf|otf|eot|mp3|mp4|m4a|m4v|webm|og[gv]|wav|mov|m3u8|ts|swf)\z"
)
_DOWNLOAD = (
    r"(?i)\.(?:pdf|epub|rtf|csv|tsv|docx?|xlsx?|pptx?|od[tsp]"
    r"|zip|gz|tgz|bz2|xz|7z|rar|exe|msi|dmg|pkg|deb|rpm|apk|iso)\z"
)
_ENGINE = (
    r"(?i)^https?://(?:www\.|m\.|(?:[a-z]{2}\.)?search\.)?"
    r"(google|bing|duckduckgo|yahoo|yandex|baidu|ecosia|qwant|startpage|naver|seznam|sogou|brave)"
    r"\.[a-z]{2,3}(?:\.[a-z]{2})?(?::[0-9]+)?(?:[/?#]|\z)"
)
_PAID = r"[?&](?:gclid|gbraid|wbraid|msclkid)="


def parse(records: DataFrame, source: Source, target: Table = silver.EVENTS) -> DataFrame:
    """Records to the shape of `parsed.shaped`: pages and files that were served, and all else as `request`.

    A log gives a request no id: the key is the line as it stands, so that a file delivered again adds nothing. What
    that loses is one of two requests of one client, within one second, for the same and with the same outcome.

    A person is seen only where the server asked who it is, and the answer was right: with status 401 it was not.
    Host and user agent name nobody: an office shares them, a telephone changes them, and together they would tie
    strangers to one another. A line without a user names but itself, as `order`, which is never evidence; so no
    address of a client is kept, not even as a pseudonym.

    Of a query string only the utm parameters are read. A search engine that sent the visitor stands in for them;
    of any other referrer a line cannot tell whether it is this very site, which it does not name.
    """
    r = F.col("r")
    frame = _read(records).withColumns(
        {
            "_method": F.regexp_extract(r["request"], _REQUEST, 1),
            "_target": _unescaped(F.regexp_extract(r["request"], _REQUEST, 2)),
            "_occurred_at": instant(r["time"], source.zone, (_TIME, *source.time_formats)),
        }
    )
    method, address, occurred_at = F.col("_method"), F.col("_target"), F.col("_occurred_at")
    # Two slashes would begin a host, and `*` or HOST:PORT are no pages.
    path = page_path(F.when(address.rlike("^(?i)(?:/|https?://)"), F.regexp_replace(address, "^/+", "/")))
    frame = frame.withColumns({"_page": path, **_campaign(address, r["referrer"])})
    return shaped(
        frame,
        source,
        target,
        Parsed(
            key=structure(r["line"]),
            content=F.lit(""),
            problem=first_problem(
                F.col("problem"),
                readable(r["time"], occurred_at, "time", "a time such as 10/Oct/2000:13:55:36 -0700"),
                plausible_time(r["time"], occurred_at, "time"),
                F.when(method == "", problem("request", "request", r["request"], "METHOD TARGET HTTP/VERSION")),
            ),
            occurred_at=occurred_at,
            known_at=occurred_at,
            identifiers=identifiers_in(r, IDENTIFIERS),
            fields={
                "type": canonical_type(_kind(method, r["status"], F.col("_page")), source),
                "name": F.concat_ws(" ", method, r["status"]),
                "channel": F.lit(source.channel),
                "page": F.col("_page"),
                "campaign_id": scrubbed(F.col("_campaign")),
                "campaign_source": scrubbed(F.col("_source")),
                "campaign_medium": scrubbed(F.col("_medium")),
                "user_agent": _unescaped(r["user_agent"]),
                "marked_bot": F.lit(False),
            },
        ),
    )


def _read(records: DataFrame) -> DataFrame:
    """CARRIED, `r` (FIELDS as texts; null for `-`, but not of request and status) and `problem`."""
    raw = F.col("raw")
    # One pass over the line: to extract each of six groups by itself would be six.
    separated = F.regexp_replace(raw, _LINE, _SEPARATOR.join(f"${n}" for n in range(1, len(FIELDS))))
    frame = records.withColumn("_fields", F.split(separated, _SEPARATOR, -1))
    unread = (F.size("_fields") != len(FIELDS) - 1) | raw.contains(_SEPARATOR)
    allowed = 'HOST IDENT USER [TIME] "REQUEST" STATUS BYTES, with "REFERRER" "USER AGENT" or without'
    found = {name: F.get("_fields", F.lit(n)) for n, name in enumerate(FIELDS[1:])}
    given = {name: cleaned(F.when(value != "-", value)) for name, value in found.items()}
    # An empty name is written as a pair of quotes.
    known = given["user"].isNotNull() & (found["user"] != '""') & (found["status"] != "401")
    values = {
        "line": raw,
        **given,
        "user": F.when(known, found["user"]),
        "request": found["request"],
        "status": found["status"],
    }
    return frame.select(
        *CARRIED,
        F.when(unread, problem("log_line", None, raw, allowed)).alias("problem"),
        F.struct(*[values[name].alias(name) for name in FIELDS]).alias("r"),
    )


def _unescaped(text: Column) -> Column:
    return F.when(text.contains("\\"), F.regexp_replace(text, r'\\(["\\])', "$1")).otherwise(text)


def _kind(method: Column, status: Column, page: Column) -> Column:
    """page, download or request. A part of a file (206) is one of many."""
    served = (method == "GET") & (status.rlike("^2") | (status == "304")) & (status != "206")
    kind = F.when(page.rlike(_ASSET), "request").when(page.rlike(_DOWNLOAD), "download").otherwise("page")
    return F.when(served & page.isNotNull(), kind).otherwise("request")


def _campaign(address: Column, referrer: Column) -> dict[str, Column]:
    """Columns _campaign, _source, _medium."""

    def tag(name: str) -> Column:
        value = F.regexp_extract(address, rf"[?&]utm_{name}=([^&#]*)", 1)
        return F.when(address.contains("utm_"), cleaned(F.try_url_decode(value)))

    engine = F.lower(F.regexp_extract(referrer, _ENGINE, 1))
    sent = (F.coalesce(engine, F.lit("")) != "") & tag("source").isNull()
    found = F.when(sent, F.when(address.rlike(_PAID), "cpc").otherwise("organic"))
    return {
        "_campaign": tag("campaign"),
        "_source": F.when(sent, engine).otherwise(tag("source")),
        "_medium": F.coalesce(tag("medium"), found),
    }


FORMAT = Format(
    name="access_log",
    doc="A web server's access log, combined or common, as Apache and nginx write it: pages, downloads, requests",
    url="https://httpd.apache.org/docs/current/logs.html#accesslog",
    splitter="lines",
    pattern=r'^\S+ \S+ .*\[\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}\] "',
    parse=parse,
    targets=(silver.EVENTS,),
    fields=FIELDS,
    key=("line",),
    identifiers=IDENTIFIERS,
    unread=("host", "ident", "bytes"),
)
