"""Which deaths `make faults` plans."""

from collections import Counter

from motherlode.runner.faults import POINTS
from motherlode.runner.registry import all_jobs
from tests.faults.deaths import ACTIONS, CHAINS, POINTS_OF, Death, deaths, too_few
from tests.faults.page import page

JOBS = list(all_jobs().values())
WRITERS = {job.name for job in JOBS if job.tables}


def planned() -> list[Death]:
    return [death for chain in range(CHAINS) for death in deaths(chain, JOBS, WRITERS)]


def test_each_mode_dies_three_times_at_each_point_and_a_hundred_in_all() -> None:
    counts = Counter((death.mode, death.point) for death in planned())
    assert set(counts) == {(mode, point) for mode, points in POINTS_OF.items() for point in points}
    assert min(counts.values()) >= 3
    assert len(planned()) >= 100
    assert too_few([{**death.__dict__, "died": True} for death in planned()]) == []
    assert too_few([{**death.__dict__, "died": False} for death in planned()])[:2] == [
        "listing planned",
        "listing written",
    ]
    assert {death.job for death in planned()} == set(all_jobs())
    assert {point for points in POINTS_OF.values() for point in points} == set(POINTS)


def test_each_mode_dies_in_both_ways() -> None:
    assert {(death.mode, death.action) for death in planned()} == {(m, a) for m in POINTS_OF for a in ACTIONS}


def test_a_chain_goes_forward() -> None:
    place = {name: n for n, name in enumerate(all_jobs())}
    for chain in range(CHAINS):
        one = deaths(chain, JOBS, WRITERS)
        assert [place[death.job] for death in one] == sorted(place[death.job] for death in one)
        assert len(set(one)) == len(one)


def test_only_who_changes_a_table_dies_after_a_write() -> None:
    some = {"bronze.files", *sorted(WRITERS)[::2]}
    for chain in range(CHAINS):
        written = {death.job for death in deaths(chain, JOBS, some) if death.point == "written"}
        assert written
        assert written <= some


def test_the_page_counts_the_deaths_of_chains_that_ended() -> None:
    death = {**deaths(0, JOBS, WRITERS)[0].__dict__, "chain": 0, "died": True, "exit": -9}
    said = page([death, {**death, "chain": 1}, {"chain": 0, "equal": True}])
    assert "**1 deaths in 1 chains**" in said
    assert "- chain 0, all logs at once: 1 deaths, as if nothing had been" in said
    assert f"| {death['job']} | {death['point']} by {death['action']} |" in said
