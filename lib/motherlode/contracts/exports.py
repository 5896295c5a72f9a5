"""Whole exports: what each no longer had, and which rows of silver are deleted by that."""

from motherlode.contracts.bronze import BATCH, OWNER, SOURCE
from motherlode.contracts.fields import BOOLEAN, LONG, STRING, TIMESTAMP, Field
from motherlode.contracts.tables import Layer, Origin, Table

EXPORTS = Table(
    layer=Layer.SILVER,
    name="exports",
    doc="Whole exports of tables, or of parts of them, as they came in: what each no longer had",
    owner=OWNER,
    fields=(
        SOURCE,
        Field("part", STRING, "Which part of the source it is all of: a day of GA4; empty: the whole"),
        Field("export", STRING, "Its file or folder: of several the one last by name is the newest"),
        BATCH,
        Field("received_at", TIMESTAMP, "When its newest file was written", volatile=True),
        Field("keys", LONG, "Keys that stood before or after; null where there was nothing to compare", nullable=True),
        Field("deleted", LONG, "Of these, those that it does not have, and the one before had", nullable=True),
        Field("returned", LONG, "Of these, those that it has again", nullable=True),
        Field(
            "standing",
            STRING,
            "newest; older; broken (a piece cannot be read), doubted (it lacks too much) or unkeyed (rows were taken in"
            " before it was whole: `rebuild` their table): these delete nothing",
        ),
    ),
    key=("source", "part", "export", "batch"),
    made_from=(Origin("bronze.files", on=(("source", "source"), ("batch", "batch"))),),
)

DELETIONS = Table(
    layer=Layer.SILVER,
    name="deletions",
    doc="Which rows of silver an export no longer had, or had again: of a key the last says which. No job right of"
    " intake sees a row that was deleted",
    owner=OWNER,
    fields=(
        Field("target", STRING, "The table of silver that has the row"),
        Field("key_id", STRING, "Its key"),
        SOURCE,
        Field("batch", LONG, "The batch in which the export came that says so"),
        Field("is_deleted", BOOLEAN, "Whether it was gone"),
    ),
    key=("target", "key_id", "batch"),
    made_from=(Origin("silver.exports", on=(("source", "source"), ("batch", "batch"))),),
)

TABLES = (EXPORTS, DELETIONS)
