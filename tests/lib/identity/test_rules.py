"""The rules within one component, without Spark: literals, and a brute-force search of all paths."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from motherlode.identity.rules import Component

UNIQUE = frozenset({"crm_id", "user_id", "loyalty_card"})


def component(names: Sequence[str], edges: Sequence[tuple[str, str, int]]) -> Component:
    """Identifiers are written TYPE:VALUE or TYPE@SCOPE:VALUE, first seen in this order; edges come strongest first."""
    found = Component()
    for n, name in enumerate(names):
        of_type, _, scope = name.partition(":")[0].partition("@")
        found.add(-1, n, n, name, of_type, scope)
    for a, b, known_at in edges:
        found.add(0, 0, known_at, a, b, None)
    return found


def parts(found: Component) -> set[frozenset[str]]:
    customers = found.customers(UNIQUE)
    together: dict[int, set[str]] = {}
    for name, customer in zip(found.names, customers, strict=True):
        together.setdefault(customer, set()).add(name)
    return {frozenset(names) for names in together.values()}


def test_a_shared_email_does_not_make_two_people_one() -> None:
    found = component(
        ["crm_id:1", "crm_id:2", "user_id:1", "user_id:2", "email:family"],
        [
            ("crm_id:1", "user_id:1", 9),
            ("crm_id:2", "user_id:2", 9),
            ("crm_id:1", "email:family", 9),
            ("crm_id:2", "email:family", 9),
        ],
    )
    assert parts(found) == {
        frozenset({"crm_id:1", "user_id:1", "email:family"}),
        frozenset({"crm_id:2", "user_id:2"}),
    }


def test_people_of_different_unique_types_may_be_one() -> None:
    found = component(["crm_id:1", "user_id:1", "email:1"], [("crm_id:1", "email:1", 9), ("user_id:1", "email:1", 9)])
    assert len(parts(found)) == 1


def test_two_systems_number_people_each_in_their_own_way() -> None:
    names = ["user_id@shop:1", "user_id@app:1", "user_id@app:2", "email:1"]
    found = component(names, [(name, "email:1", 9) for name in names[:3]])
    assert parts(found) == {frozenset({"user_id@shop:1", "user_id@app:1", "email:1"}), frozenset({"user_id@app:2"})}


def test_the_contradiction_is_found_over_any_distance() -> None:
    names = ["crm_id:1", "email:1", "phone:1", "cookie:1", "crm_id:2"]
    edges = [(a, b, 9) for a, b in pairwise(names)]
    # The last edge is the weakest here, since edges come strongest first.
    assert parts(component(names, edges)) == {frozenset(names[:4]), frozenset({"crm_id:2"})}


def test_the_oldest_names_the_customer_and_time_decides_before_the_name() -> None:
    found = component(["email:z", "email:a"], [("email:a", "email:z", 9)])
    customers = found.customers(UNIQUE)
    assert {found.names[n] for n in found.oldest(customers).values()} == {"email:z"}


@pytest.mark.parametrize("seed", range(30))
def test_known_from_is_the_earliest_day_on_which_a_path_was_complete(seed: int) -> None:
    draw = random.Random(seed)
    names = [f"cookie:{n:02}" for n in range(draw.randrange(2, 14))]
    edges = [(*draw.sample(names, 2), draw.randrange(100, 130)) for _ in range(draw.randrange(1, 30))]
    found = component(names, edges)
    customers = found.customers(UNIQUE)
    oldest = found.oldest(customers)
    known = found.known_from(customers, oldest)
    for n, name in enumerate(names):
        root = names[oldest[customers[n]]]
        assert known[n] == brute_force(edges, name, root, own=n)


def brute_force(edges: Sequence[tuple[str, str, int]], start: str, goal: str, own: int) -> int:
    """The least time at which `goal` can be reached over edges known by then; its own time for the goal."""
    if start == goal:
        return own
    for time in sorted({known_at for _, _, known_at in edges}):
        reached = {start}
        for _ in edges:
            for a, b, known_at in edges:
                if known_at <= time and (a in reached or b in reached):
                    reached |= {a, b}
        if goal in reached:
            return time
    raise AssertionError(f"{start} is not connected to {goal}")
