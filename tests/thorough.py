"""What a run of the suite leaves to a longer one: `make test THOROUGH=1`."""

import os
from itertools import product
from typing import Any

THOROUGH = os.environ.get("THOROUGH") == "1"


def pairs(ones: list[Any], others: list[Any]) -> list[tuple[Any, Any]]:
    """Every pair; in a run that is not thorough each of both at least once."""
    if THOROUGH:
        return list(product(ones, others))
    count = max(len(ones), len(others))
    return [(ones[n % len(ones)], others[n % len(others)]) for n in range(count)]
