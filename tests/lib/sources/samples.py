"""Records of every format, as its own test has them, and the files in which they may lie."""

import io
import json
from dataclasses import dataclass, replace
from urllib.parse import urlencode

import pyarrow.parquet as pq

from motherlode.sources.source import Source
from tests.lib.sources.formats import test_access_log, test_ga4, test_mailchimp, test_parquet, test_posthog
from tests.lib.sources.formats import test_snowplow as snowplow
from tests.lib.sources.silver_cases import SOURCES
from tests.lib.sources.test_formats import OPEN, ORDER, SALES_HEADER, TRACK


@dataclass(frozen=True)
class Sample:
    """Good records of a format.

    Args:
        suffix: of the names of its files.
        form: json, parquet, or the signs between the fields of a text.
        header: what a file begins with.
        of_one_file: whether a broken record may take what follows it for a part of itself.
    """

    source: Source
    suffix: str
    form: str
    good: tuple[bytes, ...]
    header: bytes = b""
    of_one_file: bool = True


def _json(*records: object) -> tuple[bytes, ...]:
    return tuple(json.dumps(record, ensure_ascii=False).encode() for record in records)


def _lying(source: Source, suffix: str) -> Source:
    return replace(source, path=f"{source.name}/*.{suffix}")


def _parquet() -> tuple[bytes, ...]:
    file = io.BytesIO()
    pq.write_table(test_parquet.sales(), file)
    return (file.getvalue(),)


_IDENTIFY = {**TRACK, "type": "identify", "event": None, "messageId": "i",
             "traits": {"email": "ann@example.com", "phone": "+49 30 123456", "name": "Zoë"}}  # fmt: skip
_SHOP_EVENT = {**snowplow.VIEW, **snowplow.shop("transaction", ("transaction", {"transaction_id": "T", "revenue": 7}))}
EVENTS = (
    Sample(_lying(SOURCES["web"], "jsonl"), "jsonl", "json", _json(TRACK, _IDENTIFY)),
    Sample(_lying(SOURCES["email"], "jsonl"), "jsonl", "json", _json(OPEN, [{**OPEN, "sg_event_id": "other"}])),
    Sample(_lying(test_ga4.SOURCE, "jsonl"), "jsonl", "json", _json(test_ga4.PURCHASE)),
    Sample(_lying(test_posthog.SOURCE, "jsonl"), "jsonl", "json",
           _json(test_posthog.PAGEVIEW, test_posthog.as_text(test_posthog.changed(uuid="other")))),
    Sample(_lying(snowplow.SOURCE, "tsv"), "tsv", "\t",
           (snowplow.line(**snowplow.VIEW).encode(), snowplow.line(**_SHOP_EVENT).encode())),
    Sample(_lying(test_mailchimp.NEWSLETTER, "txt"), "txt", "&=",
           (test_mailchimp.SUBSCRIBED.encode(), urlencode(test_mailchimp.LEFT).encode())),
    Sample(_lying(test_access_log.SOURCE, "log"), "log", ' "[]:',
           (test_access_log.FRANK.encode(), test_access_log.line("GET /a?utm_source=x%20y HTTP/1.1").encode())),
)  # fmt: skip
ORDER_LINES = (
    Sample(_lying(SOURCES["shop"], "jsonl"), "jsonl", "json", _json(ORDER)),
    Sample(_lying(SOURCES["store_sales"], "csv"), "csv", ",",
           (b"31198570044,1,2017-01-05T12:00:00-05:00,367,5,6000000997,853529,2,3.00,0.50,1.00,0.25",),
           header=SALES_HEADER.encode(), of_one_file=False),
    Sample(_lying(test_parquet.TILLS, "parquet"), "parquet", "parquet", _parquet(), of_one_file=False),
)  # fmt: skip
