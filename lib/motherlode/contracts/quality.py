"""Data quality: how many records broke which rule, counted once as they come in, and summed by source and day."""

from motherlode.contracts.bronze import BATCH, FILE, OWNER, SOURCE
from motherlode.contracts.fields import BOOLEAN, DATE, DOUBLE, LONG, STRING, Field
from motherlode.contracts.tables import Layer, Origin, Table

ANY = "any"
"""Stands for all rules together."""
DAY = Field(
    "day",
    DATE,
    "Business day on which most of a file's records were received, by what they say; of a file of which nothing was"
    " taken, on which it was last written",
)
RULE = Field("rule", STRING, "The rule, the flag, or `missing` for an optional value that is not there; `any`: all")
FIELD = Field("field", STRING, "Where in the record, if the rule says so, else empty")
MEASURES = (
    Field("records", LONG, "Records that came in on that day from that source"),
    Field("events", LONG, "Of these, taken"),
    Field("duplicates", LONG, "Repeats of one already taken: no fault"),
    Field("quarantined", LONG, "Not taken, by this rule"),
    Field("flagged", LONG, "Taken, with this flag; of `any` with some flag"),
    Field("missing", LONG, "Taken, without this value; of `any` the values that are missing in all"),
    Field("late", LONG, "Taken, and received more than a day after it happened"),
    Field(
        "score",
        DOUBLE,
        "Share, 0 to 1, that does not break this rule: of records, for `missing` of those taken. For `any` 1 less"
        " quarantined and flagged over records: what is missing or late may well be right",
    ),
    Field("warn_below", DOUBLE, "The limit under which the day is warned of; null: none", nullable=True),
    Field("stop_below", DOUBLE, "The limit under which nothing further is done with it; null: none", nullable=True),
    Field("standing", STRING, "ok, warn or stop; ok where there are too few records to tell"),
)

COUNTS = Table(
    layer=Layer.SILVER,
    name="quality_counts",
    doc="What was found of the records of each file, counted once when all of them had been taken in",
    owner=OWNER,
    fields=(
        SOURCE,
        BATCH,
        FILE,
        Field("outcome", STRING, "taken, repeated, quarantined, flagged, missing or late"),
        RULE,
        FIELD,
        DAY,
        Field("is_whole", BOOLEAN, "Of a file: one written anew takes its place; not so the messages of a topic"),
        Field("records", LONG, "How many"),
    ),
    key=("source", "batch", "file", "outcome", "rule", "field"),
    made_from=tuple(
        Origin(table, on=tuple((name, name) for name in ("source", "batch", "file")))
        for table in ("bronze.records", "bronze.quarantine")
    ),
)

DATA_QUALITY = Table(
    layer=Layer.SILVER,
    name="data_quality",
    doc="How good each source's records of a day are, by rule and in all, held against the limits of conf/",
    owner=OWNER,
    fields=(
        SOURCE,
        DAY,
        RULE,
        FIELD,
        *MEASURES,
        Field("is_newest", BOOLEAN, "Among the days of what the source delivered last: these can stop a run"),
        Field("finding", STRING, "The score in words"),
    ),
    key=("source", "day", "rule", "field"),
    constraints=(("a_share", "score BETWEEN 0 AND 1"),),
    made_from=(Origin("silver.quality_counts", on=(("source", "source"), ("day", "day"))),),
)

TABLES = (COUNTS, DATA_QUALITY)
