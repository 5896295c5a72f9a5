"""The demo's own secrets. Real data gets its keys from whoever runs it, by the environment."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

NAMES = ("MOTHERLODE_PSEUDONYM_KEY", "MOTHERLODE_CONTACT_KEY")


def create(path: Path) -> None:
    """Write fresh keys to `path`, readable by its owner alone; keep the ones that are there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        for name in NAMES:
            file.write(f"{name}={base64.b64encode(secrets.token_bytes(32)).decode()}\n")
