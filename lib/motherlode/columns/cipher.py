"""Encryption of contact points and of quarantined records: AES-256-GCM, the nonce first, in base64."""

import base64
import os

import pyarrow as pa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyspark.sql import Column
from pyspark.sql.types import StringType

from motherlode.columns.arrow import batched
from motherlode.columns.keys import CONTACT_KEY, drivers_key, mark_of, read_key
from motherlode.errors import UsageError

NONCE_BYTES = 12


def encrypted(value: Column) -> Column:
    """`value` encrypted on the workers; null stays null. Each time with another nonce."""
    mark = mark_of(CONTACT_KEY)

    def encrypted_batch(batch: pa.Array) -> pa.Array:
        # Pickled by value: it must name no AESGCM, whose extension module pickle cannot name.
        return _encrypt_all(batch, mark)

    return batched(encrypted_batch, StringType(), repeatable=False)(value)


def decrypted(value: Column) -> Column:
    """What `encrypted` made of it, on the workers; null stays null."""
    mark = mark_of(CONTACT_KEY)

    def decrypted_batch(batch: pa.Array) -> pa.Array:
        drivers_key(CONTACT_KEY, mark)
        return pa.array([None if text is None else decrypt(text) for text in batch.to_pylist()], pa.string())

    return batched(decrypted_batch, StringType())(value)


def decrypt(text: str) -> str:
    """What `encrypted` made of it, in plain Python.

    Raises:
        UsageError: MOTHERLODE_CONTACT_KEY is not the key that it was encrypted with, or it was changed.
    """
    packed = base64.b64decode(text)
    try:
        return AESGCM(read_key(CONTACT_KEY)).decrypt(packed[:NONCE_BYTES], packed[NONCE_BYTES:], None).decode()
    except InvalidTag:
        raise UsageError(f"{CONTACT_KEY} is not the key that this value was encrypted with") from None


def _encrypt(box: AESGCM, text: str | None) -> str | None:
    if text is None:
        return None
    nonce = os.urandom(NONCE_BYTES)
    return base64.b64encode(nonce + box.encrypt(nonce, text.encode(), None)).decode()


def _encrypt_all(batch: pa.Array, mark: str) -> pa.Array:
    box = AESGCM(drivers_key(CONTACT_KEY, mark))
    return pa.array([_encrypt(box, text) for text in batch.to_pylist()], pa.string())
