"""What is read of files, topics and tables alike: records, and flaws, which yield none."""

import pyarrow as pa

CONTENTS = pa.schema(
    [
        ("source", pa.string()),
        ("batch", pa.int64()),
        ("file", pa.string()),
        ("received_at", pa.timestamp("us", "UTC")),
        ("offset", pa.int64()),
        ("header", pa.string()),
        ("raw", pa.string()),
        ("rule", pa.string()),
        ("found", pa.string()),
        ("allowed", pa.string()),
        ("content", pa.binary()),
    ]
)
"""Of a record `rule` and what follows are null; of a flaw `header` and `raw`."""
SCHEMA = (
    "source string, batch long, file string, received_at timestamp, offset long, header string, raw string,"
    " rule string, found string, allowed string, content binary"
)
"""CONTENTS, as Spark writes it."""
