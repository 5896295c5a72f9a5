"""Secret keys, read where they are used: from the environment of the worker."""

import base64
import binascii
import hmac
import os

from motherlode.errors import UsageError

PSEUDONYM_KEY = "MOTHERLODE_PSEUDONYM_KEY"
CONTACT_KEY = "MOTHERLODE_CONTACT_KEY"
KEY_BYTES = 32


def read_key(name: str) -> bytes:
    """The key in that environment variable: 32 bytes, in base64.

    Raises:
        UsageError: it is absent or malformed. The message never shows any part of it.
    """
    text = os.environ.get(name, "")
    if not text:
        raise UsageError(f"{name} is not set where Spark's workers run: export 32 random bytes in base64 (see README)")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(f"{name} is not base64: export 32 random bytes in base64 (see README)") from None
    if len(key) != KEY_BYTES:
        raise UsageError(f"{name} holds {len(key)} bytes, expected {KEY_BYTES}")
    return key


def drivers_key(name: str, mark: str) -> bytes:
    """The key of this worker, which must be the driver's: `mark` is what `mark_of` gave there.

    Raises:
        UsageError: it is absent, malformed or another one.
    """
    if mark_of(name) != mark:
        raise UsageError(f"{name}: a worker of Spark has another key than the driver: give all of them the same")
    return read_key(name)


def mark_of(name: str) -> str:
    """Tells this key from others, and nothing else of it: the start of a keyed hash of its name."""
    return hmac.digest(read_key(name), name.encode(), "sha256").hex()[:16]
