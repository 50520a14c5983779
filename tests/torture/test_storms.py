"""Storms of some seconds each; `make torture` lets them rage for half an hour.

Each checks what must hold after any storm (`checks.py`): every accepted feed is done,
every effect is there once and in the order of its lane although no unique key guards
the ledger here, every order is the fold of its effects, no refund exceeds a charge, and
an order that one lane cancels and another ships ends in exactly one of the two.
"""

from __future__ import annotations

from pathlib import Path

from tests.postgres import Cluster
from tests.torture import storm
from tests.torture.conftest import Made, on_postgresql
from tests.torture.documents import hits_documents
from tests.torture.storm import Bounds
from tests.torture.submitting import kill_servers

KILLS = Bounds(kills=10, pause=(0.2, 0.6), duels=120, ahead=8)
BRIEF = Bounds(blows=8, pause=(0.1, 0.4), duels=60, ahead=8)


def test_workers_killed_and_frozen_lose_and_double_nothing(make_world: Made) -> None:
    """SIGKILL at any moment; and one is frozen until its lanes are taken over."""
    weather = storm.storm(make_world(KILLS.duels), KILLS, storm.kills_and_freezes)

    assert weather.kills == KILLS.kills
    assert weather.freezes == 1
    assert weather.lanes_taken_over > 0
    assert weather.found.effects > 0


def test_servers_killed_within_submit_feed_lose_and_double_nothing(
    make_world: Made,
) -> None:
    """Whoever got a FeedSubmissionId has a report; nothing else was processed.

    A client whose connection broke sends the same signed request again, as published
    clients do; one that was cut off in the middle of its body does not.
    """
    bounds = Bounds(kills=6, pause=(0.05, 0.4), workers=1)

    done = kill_servers(make_world(0, batch_messages=50), bounds)

    assert done.kills == bounds.kills
    assert done.answered == done.found.feeds > 0
    assert done.cut_requests > 0
    assert done.cut_bodies > 0


def test_a_clock_that_jumps_an_hour_loses_and_holds_up_nothing(
    make_world: Made,
) -> None:
    """Either way; a lane that is to wait for an hour would not end in time."""
    weather = storm.storm(make_world(BRIEF.duels), BRIEF, storm.jumps)

    assert weather.found.feeds > 0


def test_documents_out_of_reach_or_cut_short_are_waited_for(make_world: Made) -> None:
    """The store is gone, a document cannot be opened, or ends behind half its lines."""
    weather = storm.storm(make_world(BRIEF.duels), BRIEF, hits_documents)

    assert weather.blows == BRIEF.blows
    assert weather.found.feeds > 0


def test_connections_ended_in_mid_batch_lose_and_double_nothing(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Those of batches, of claims, and those that hold presence."""
    with on_postgresql(cluster, tmp_path) as world:
        weather = storm.storm(world, BRIEF, storm.ends_connections)

    assert weather.blows == BRIEF.blows
    assert weather.found.feeds > 0


def test_postgresql_restarted_under_load_loses_and_doubles_nothing(
    cluster: Cluster, tmp_path: Path
) -> None:
    """In peace, and as by a crash."""
    bounds = Bounds(blows=3, pause=(0.5, 1), duels=60, ahead=8)

    with on_postgresql(cluster, tmp_path) as world:
        weather = storm.storm(world, bounds, storm.restarts(cluster))

    assert weather.blows == bounds.blows
    assert weather.found.feeds > 0
