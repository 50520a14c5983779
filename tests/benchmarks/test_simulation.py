"""The simulation agrees with what is known of queues in closed form."""

from __future__ import annotations

import random
from collections.abc import Iterator
from statistics import fmean

import pytest

from benchmarks.simulate import Arrival, Costs, day, simulate, table

SERVICE = 1.0


def _poisson(rate: float, feeds: int, sellers: int) -> Iterator[Arrival]:
    random_number = random.Random(7)
    at = 0.0
    for _ in range(feeds):
        at += random_number.expovariate(rate)
        yield Arrival(at, random_number.randrange(sellers), 1)


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_one_worker_waits_as_m_d_1_does(load: float) -> None:
    """Poisson arrivals, one server of fixed time: mean wait rho s / (2 (1 - rho))."""
    costs = Costs(submit=0, feed=SERVICE / 2, message=SERVICE / 2)

    outcome = simulate(_poisson(load / SERVICE, 60_000, 10**9), costs, 1, 1)

    expected = load * SERVICE / (2 * (1 - load))
    assert fmean(outcome.queued) == pytest.approx(expected, rel=0.1)
    assert outcome.busy / outcome.ended == pytest.approx(load, rel=0.05)


def test_an_api_node_waits_as_m_d_1_does() -> None:
    """The front is a queue of its own, before the feed is in any lane."""
    costs = Costs(submit=SERVICE, feed=0, message=0)

    outcome = simulate(_poisson(0.7, 60_000, 10**9), costs, 1, 1)

    expected = SERVICE + 0.7 * SERVICE / (2 * 0.3)
    assert fmean(outcome.answered) == pytest.approx(expected, rel=0.1)


def test_feeds_of_one_seller_run_one_after_another() -> None:
    """A second worker is of no use to a single lane (queue-design 2)."""
    costs = Costs(submit=0, feed=SERVICE, message=0)
    burst = [Arrival(0.0, 1, 1)] * 10

    alone = simulate(iter(burst), costs, 1, 4)
    shared = simulate(
        iter(each._replace(seller=n) for n, each in enumerate(burst)), costs, 1, 4
    )

    assert alone.ended == pytest.approx(10)
    assert shared.ended == pytest.approx(3)


def test_the_lane_served_longest_ago_is_next() -> None:
    """A seller with many feeds delays another's by one feed (queue-design 3)."""
    costs = Costs(submit=0, feed=SERVICE, message=0)
    busy = [Arrival(0.0, 1, 1)] * 100
    other = Arrival(0.5, 2, 1)

    outcome = simulate(iter([*busy, other]), costs, 1, 1)

    assert outcome.queued[1] == pytest.approx(0.5)


def test_a_day_has_as_many_feeds_as_it_says_and_its_peaks() -> None:
    """Shortened days keep the share of the peaks."""
    arrivals = list(day(100_000, 50, 100, peak=10, length=8_640))

    in_peaks = [
        each
        for each in arrivals
        if 2_880 <= each.at < 3_240 or 6_480 <= each.at < 6_840
    ]
    assert len(arrivals) == pytest.approx(10_000, rel=0.05)
    assert len(in_peaks) / len(arrivals) == pytest.approx(20 / 24, rel=0.02)
    assert fmean(each.messages for each in arrivals) == pytest.approx(100, rel=0.05)
    assert [each.at for each in arrivals] == sorted(each.at for each in arrivals)


def test_peaks_that_hold_more_than_the_day_are_refused() -> None:
    """Twenty times the mean for two hours is more than a day of it."""
    with pytest.raises(ValueError, match="peaks"):
        list(day(100, 10, 1, peak=20))


def test_the_table_tells_of_every_feed() -> None:
    """Percentiles are of all feeds, none left in the queue."""
    costs = Costs(submit=0.001, feed=0.01, message=0.0001)

    outcome = simulate(day(5_000, 20, 10, length=864), costs, 2, 2)

    assert len(outcome.done) == len(outcome.queued) == len(outcome.answered)
    assert f"{len(outcome.done):,} feeds" in "\n".join(table(outcome, 2))
