"""One machine and a cluster, day by day with deaths and all at once with a lost worker: the same tables."""

import os

from motherlode.contracts import identity
from tests.cluster.run import KEYS, ClusterRun
from tests.e2e.tables import assert_models_are_as_good, differences, rows_of
from tests.e2e.world import DEATHS, World


def test_each_mode_died_at_each_of_its_points(day_added: set[tuple[str, str]]) -> None:
    assert day_added == {(mode, point) for mode, points in DEATHS.items() for point in points}


def test_it_ends_well(on_cluster: ClusterRun) -> None:
    assert on_cluster.exit_code == 0, on_cluster.output[-4000:]


def test_a_worker_was_lost_in_the_middle(on_cluster: ClusterRun) -> None:
    assert on_cluster.lost["removeReason"].startswith("worker lost")


def test_its_tables_are_those_of_one_machine(on_cluster: ClusterRun, world: World) -> None:
    assert world.results["silver.events"].status == "done"
    day = world.context.business_day()
    assert on_cluster.world.context.business_day() == day
    assert differences(world.context, on_cluster.world.context, day) == {}


def test_the_partition_of_identifiers_is_the_same(on_cluster: ClusterRun, world: World) -> None:
    here, there = (rows_of(some.context, identity.CUSTOMER_MAP) for some in (world, on_cluster.world))
    assert here == there


def test_its_models_are_as_good(on_cluster: ClusterRun, world: World) -> None:
    assert_models_are_as_good(world.context, on_cluster.world.context)


def test_no_key_is_in_what_they_say(on_cluster: ClusterRun) -> None:
    said = [*on_cluster.folder.glob("*.log"), *on_cluster.folder.glob("worker-*/app-*/*/std*")]
    assert any('"--executor-id"' in path.read_text() for path in said)
    assert [path.name for path in said for name in KEYS if os.environ[name].rstrip("=") in path.read_text()] == []
