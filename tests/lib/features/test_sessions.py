"""Sessions against a loop over sorted events."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from motherlode.contracts import features
from motherlode.features.sessions import SessionParams, sessions
from tests.lib.identity.rows import at, rows

GAP = timedelta(minutes=30)
COUNTED = {"views": "product_viewed", "carts": "product_added", "searches": "searched", "orders": "order_completed"}


def events() -> list[dict[str, Any]]:
    draw = random.Random(9)
    found = []
    for n in range(300):
        when = at("2020-01-01") + timedelta(minutes=draw.randrange(4 * 24 * 60))
        found.append(
            {
                "row_id": f"e{n:03}",
                "customer_id": f"c{draw.randrange(3)}",
                "channel": draw.choice(["web", "web", "app", "email"]),
                "occurred_at": when,
                "day": when.date(),
                "known_on": when.date() + timedelta(days=draw.choice([0, 0, 0, 9])),
                "type": draw.choice([*COUNTED.values(), "page_viewed"]),
                "is_bot": draw.random() < 0.1,
            }
        )
    # Exactly the gap apart: still one session.
    first = {"customer_id": "edge", "channel": "web", "row_id": "x1", "occurred_at": at("2020-01-01 23:50")}
    return [*found, first, {**first, "row_id": "x2", "occurred_at": first["occurred_at"] + GAP}]


def oracle(given: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    visits = [row for row in given if row["channel"] in ("web", "app") and not row.get("is_bot")]
    visits.sort(key=lambda row: (row["customer_id"], row["channel"], row["occurred_at"], row["row_id"]))
    runs: list[list[dict[str, Any]]] = []
    for row in visits:
        last = runs[-1][-1] if runs else {}
        same = all(last.get(name) == row[name] for name in ("customer_id", "channel"))
        if same and row["occurred_at"] - last["occurred_at"] <= GAP:
            runs[-1].append(row)
        else:
            runs.append([row])
    return sorted(
        (
            run[0]["customer_id"],
            run[0]["channel"],
            run[0].get("day", date(2020, 1, 1)),
            min(row.get("known_on", date(2020, 1, 1)) for row in run),
            run[-1]["occurred_at"] - run[0]["occurred_at"],
            len(run),
            *[sum(row.get("type") == kind for row in run) for kind in COUNTED.values()],
        )
        for run in runs
    )


def test_sessions_are_runs_without_a_longer_gap(spark: SparkSession) -> None:
    given = events()
    made = sessions(rows(spark, features.CUSTOMER_EVENTS, given), SessionParams(gap_minutes=30))
    found = made.select(*features.SESSIONS.columns).collect()
    assert len({row["session_id"] for row in found}) == len(found)
    shown = sorted(
        (
            row["customer_id"],
            row["channel"],
            row["day"],
            row["known_on"],
            row["ended_at"] - row["started_at"],
            row["events"],
            *[row[name] for name in COUNTED],
        )
        for row in found
    )
    assert shown == oracle(given)


def test_a_gap_must_be_positive() -> None:
    with pytest.raises(ValueError, match="gap_minutes must be at least 1"):
        SessionParams(gap_minutes=0)
