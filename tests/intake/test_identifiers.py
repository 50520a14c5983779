"""A feed's MerchantIdentifier is looked up when it is not the seller's own id."""

from __future__ import annotations

from app.intake.identifiers import Identifiers

ALL = frozenset({"A1SELLER000001", "M_BOOKS_1"})


def test_the_seller_id_needs_no_look_up_and_another_name_needs_one() -> None:
    """Also when several names are asked for."""
    asked: list[str] = []

    def look_up(seller_id: str) -> frozenset[str]:
        asked.append(seller_id)
        return ALL

    known = Identifiers("A1SELLER000001", look_up)

    is_own = "A1SELLER000001" in known
    asked_for_own = list(asked)
    is_token, is_stranger = "M_BOOKS_1" in known, "M_BOOKS_2" in known

    assert is_own
    assert asked_for_own == []
    assert is_token
    assert not is_stranger
    assert asked == ["A1SELLER000001"]


def test_they_are_what_was_looked_up() -> None:
    """As a refusal lists them."""
    known = Identifiers("A1SELLER000001", lambda seller_id: ALL)

    assert set(known) == ALL
    assert len(known) == len(ALL)
