"""Bronze: every record verbatim, with where it came from. Append only, short retention."""

from motherlode.contracts.fields import DATE, LONG, STRING, TIMESTAMP, Field
from motherlode.contracts.tables import Layer, Origin, Subject, Table

OWNER = "intake"
BRONZE_RETENTION = 90
QUARANTINE_RETENTION = 365

SOURCE = Field("source", STRING, "Name of the source: the file in conf/sources/ that declares it")
BATCH = Field("batch", LONG, "Number of the ingest that found the file", volatile=True)
FILE = Field(
    "file",
    STRING,
    "Path of the file below the landing folder; of a topic TOPIC/PARTITION, of a database TABLE or TABLE/CURSOR",
    volatile=True,
)
OFFSET = Field(
    "offset",
    LONG,
    "Byte in the (uncompressed) file at which the record starts; of Parquet the row's number, of a topic its offset,"
    " of a database's table a number that the row was given",
    volatile=True,
)
ADDRESS = (SOURCE, BATCH, FILE, OFFSET)
ADDRESS_COLUMNS = tuple(field.name for field in ADDRESS)
TO_RECORD = Origin("bronze.records", on=tuple((name, name) for name in ADDRESS_COLUMNS))


def quarantine(layer: Layer, name: str, more: tuple[Field, ...] = ()) -> Table:
    """The quarantine of one job: the whole record, encrypted, and why it was not taken."""
    return Table(
        layer=layer,
        name=name,
        doc="Records that were not taken, whole, with the rule that each broke",
        owner=OWNER,
        fields=(
            *ADDRESS,
            Field("rule", STRING, "The rule that was broken"),
            Field("path", STRING, "Where in the record", nullable=True),
            Field("found", STRING, "The shape of what was found: letters as a, digits as 9", nullable=True),
            Field("allowed", STRING, "What is allowed there", nullable=True),
            Field("record", STRING, "The record, encrypted (AES-256-GCM, base64)", pii=True, volatile=True),
            Field("header", STRING, "Its header row, encrypted too", nullable=True, pii=True, volatile=True),
            Field("received_at", TIMESTAMP, "When its file was received", nullable=True, volatile=True),
            *more,
        ),
        key=ADDRESS_COLUMNS,
        subject=Subject.RECORD,
        retention=QUARANTINE_RETENTION,
        made_from=(TO_RECORD,)
        if layer > Layer.BRONZE
        else (Origin("bronze.files", on=(("batch", "batch"), ("file", "file"))),),
    )


FILES = Table(
    layer=Layer.BRONZE,
    name="files",
    doc="Manifest of the files found under the sources' paths, of topics' offsets and of what is new in databases'"
    " tables; bronze.records streams from it",
    owner=OWNER,
    fields=(
        SOURCE,
        FILE,
        Field("size", LONG, "Bytes as found; of a topic the offsets that are taken, of a cursor how far it is taken"),
        Field("modified_at", TIMESTAMP, "When the file was last written, by its file system", volatile=True),
        BATCH,
        Field(
            "first",
            LONG,
            "Of a topic's partition the first offset that is taken, of a table's cursor its first value (a time in µs"
            " since 1970); null for a file and a whole table",
            nullable=True,
        ),
    ),
    key=("source", "file", "batch"),
)

RECORDS = Table(
    layer=Layer.BRONZE,
    name="records",
    doc="Every readable record as it was delivered: a line, an element of an array, a row",
    owner=OWNER,
    fields=(
        *ADDRESS,
        Field("received_at", TIMESTAMP, "When the file was received: its modification time", volatile=True),
        Field("received_on", DATE, "The UTC day of received_at", volatile=True),
        Field("header", STRING, "The header row of the file, for formats that have one", nullable=True, pii=True),
        Field("raw", STRING, "The record, verbatim", pii=True),
    ),
    key=ADDRESS_COLUMNS,
    partition_by=("source", "received_on"),
    subject=Subject.RECORD,
    retention=BRONZE_RETENTION,
    made_from=(Origin("bronze.files", on=(("batch", "batch"), ("file", "file"))),),
)

QUARANTINE = quarantine(Layer.BRONZE, "quarantine")

TABLES = (FILES, RECORDS, QUARANTINE)
