"""What a source has now, as its listing says it: files, topics and tables alike."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

LISTED = pa.schema(
    [
        ("source", pa.string()),
        ("file", pa.string()),
        ("size", pa.int64()),
        ("modified_at", pa.timestamp("us", "UTC")),
        ("first", pa.int64()),
        ("most", pa.int64()),
        ("overlap", pa.int64()),
    ]
)
"""Of a file the last three are null. Of a topic's partition, and of a table with a cursor, `first` is where it begins
and `size` its end: what lies between is read in pieces, of a topic no more than `most` at once. A table's pieces
overlap by `overlap`."""
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""When something was modified that goes on for ever."""


def listed(rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """Rows in the columns of LISTED, the last of which may be left out."""
    columns = list(zip(*rows, strict=True)) or [()] * len(LISTED)
    columns += [(None,) * len(rows)] * (len(LISTED) - len(columns))
    arrays = [pa.array(values, field.type) for values, field in zip(columns, LISTED, strict=True)]
    return pa.Table.from_arrays(arrays, schema=LISTED)
