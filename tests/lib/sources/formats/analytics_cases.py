"""A source of web analytics, for tests, and what its records become."""

import base64
import hashlib
import hmac
import json
import os
import tomllib
from typing import Any

from pyspark.sql import SparkSession

from motherlode.contracts import silver
from motherlode.sources.intake import SilverParams, take_in
from motherlode.sources.source import Source
from tests.lib.sources.silver_cases import CONF, Outcome, nothing_yet, records_of


def source_of(form: str, channel: str = "web") -> Source:
    """A source named as its format, with the vendor's names of events."""
    events = tomllib.loads((CONF / "formats" / f"{form}.toml").read_text())["events"]
    scopes = {"user_id": "shop", "cookie": "tracking"}
    return Source(
        name=form,
        format=form,
        path=f"{form}/*.jsonl",
        target="events",
        channel=channel,
        zone="America/New_York",
        scopes=scopes,
        events=events,
    )


def taken(spark: SparkSession, source: Source, lines: list[dict[str, Any] | str]) -> Outcome:
    """What events become; a text is a line as it is."""
    raws = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    records = records_of(spark, source.name, raws)
    nothing = nothing_yet(spark, silver.EVENTS)
    return Outcome(silver.EVENTS, take_in(silver.EVENTS, records, nothing, SilverParams(sources=(source,))))


def seen(row: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Of a row what a test expects; `who` is its identifiers as type and pseudonym."""
    who = [(each["type"], each["id"]) for each in row["identifiers"]]
    return {name: who if name == "who" else row[name] for name in expected}


def hashed(kind: str, scope: str, value: str) -> str:
    key = base64.b64decode(os.environ["MOTHERLODE_PSEUDONYM_KEY"])
    return hmac.new(key, f"{kind}\x1f{scope}\x1f{value}".encode(), hashlib.sha256).hexdigest()[:32]
