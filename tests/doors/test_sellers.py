"""Sellers 2011-07-01: where a seller sells."""

from __future__ import annotations

from lxml import etree

from tests.doors.conftest import SELLER, Running

SELLERS = "/Sellers/2011-07-01"
NAMESPACE = "https://mws.amazonservices.com/Sellers/2011-07-01"


def test_participations_and_marketplaces_have_their_elements_in_order(
    shared: Running,
) -> None:
    """Strict clients need all six of a marketplace (mws-wire 9.2)."""
    reply = shared.caller.call("ListMarketplaceParticipations", path=SELLERS)

    assert (reply.status, reply.namespace) == (200, NAMESPACE)
    result = reply.root[0]
    names = [etree.QName(child).localname for child in result]
    assert names == ["ListParticipations", "ListMarketplaces"]
    sold_in = shared.service.accounts.sells_in(SELLER)
    participations, marketplaces = (
        {each[0].text: [child.text for child in each] for each in part}
        for part in result
    )
    assert set(participations) == set(marketplaces) == sold_in
    us = "ATVPDKIKX0DER"
    assert participations[us] == [us, SELLER, "No"]
    assert marketplaces[us] == [
        us,
        "Amazon.com",
        "US",
        "USD",
        "en_US",
        "www.amazon.com",
    ]


def test_no_token_is_good_since_the_list_gives_none(shared: Running) -> None:
    """A client that goes on must learn that there is nothing to go on with."""
    reply = shared.caller.call(
        "ListMarketplaceParticipationsByNextToken", {"NextToken": "x"}, path=SELLERS
    )

    assert (reply.status, reply.code) == (400, "NextTokenCorrupted")
    assert reply.namespace == NAMESPACE


def test_the_section_says_that_it_is_up(shared: Running) -> None:
    """What monitoring asks."""
    reply = shared.caller.call("GetServiceStatus", path=SELLERS)

    assert reply.text("Status") == "GREEN"
