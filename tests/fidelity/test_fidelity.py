"""Answers have the shape that MWS's had, counted pair by pair."""

from __future__ import annotations

import pytest

from app.errors import ErrorCode
from tests.fidelity.page import PAGE, WITHOUT_PAIR, Results, asked, page, results
from tests.fidelity.pairs import Pair, pairs, written
from tests.fidelity.world import serves

# Known not to be as MWS had it; the page says so, and a pair that comes right must go.
KNOWN = {
    "Feeds: GetFeedSubmissionResult FeedSubmissionId={foreign}",
    "Sellers: GetAuthToken",
}

pytestmark = pytest.mark.xdist_group("fidelity")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Every pair put once to the real service."""
    return results(tmp_path_factory.mktemp("fidelity"))


def test_there_are_three_hundred_pairs_of_their_own() -> None:
    """By hand: what is asked of every operation alike comes on top of them."""
    names = [pair.name for pair in pairs()]

    assert len(names) == len(set(names))
    assert len(written()) >= 300


def test_every_error_code_has_a_pair_or_a_reason() -> None:
    """MWS's codes as far as the service answers with them."""
    reasons = " ".join(WITHOUT_PAIR).replace(",", "").split()

    known = {code.value.mws for code in ErrorCode}

    assert known - set(asked(pairs())) == known & set(reasons)


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_an_answer_has_the_shape_of_mws(found: Results, pair: Pair) -> None:
    """Status, headers, names, namespaces, and the order where it matters."""
    if not serves(pair):
        pytest.skip(f"{pair.action} is not served; docs/fidelity.md lists it")

    assert bool(found[pair]) == (pair.name in KNOWN), found[pair]


def test_the_page_is_that_of_the_pairs(found: Results) -> None:
    """docs/fidelity.md is made by `make fidelity` and committed."""
    assert PAGE.read_text(encoding="utf-8") == page(found)
