"""Finances 2015-05-01: what shipments and refunds moved, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import text

from app.intake.order_import import import_orders
from app.model.effects import (
    AdjustmentKey,
    CancelItem,
    ChargeOrder,
    Effect,
    HoldRefund,
    LapseRefund,
    PostRefund,
    RecordShipment,
)
from app.store.backends import open_database
from app.store.changes import save_changes
from app.store.ledger import Entry, record
from app.store.orders import load_orders
from app.store.tables import POSTINGS
from tests.doors.caller import Caller, Reply
from tests.doors.conftest import SELLER, Running
from tests.held import HeldClock

FINANCES = "/Finances/2015-05-01"
NAMESPACE = "http://mws.amazonservices.com/Finances/2015-05-01"
A, B = "00000000000001", "00000000000002"
SHIPPED_AT = datetime(2026, 11, 24, 10, tzinfo=UTC)
Put = Callable[..., None]
Post = Callable[..., None]


@pytest.fixture(params=["sqlite", "postgresql"])
def running(request: pytest.FixtureRequest, start: Callable[..., Running]) -> Running:
    """A service on each database in turn."""
    return start(database_url=request.getfixturevalue(f"{request.param}_url"))


def order_id(number: int = 1) -> str:
    return f"026-1234567-{number:07d}"


@pytest.fixture
def put(running: Running, clock: HeldClock) -> Put:
    """Put order O1 of feed-vocabulary 8 in: 24.00 for one a, 36.00 for three b."""

    def put_in(number: int = 1, a: dict[str, Any] | None = None, **values: Any) -> None:
        first = {"Principal": "20.00", "Shipping": "4.00"}
        second = {"Principal": "30.00", "Shipping": "6.00"}
        items: list[dict[str, Any]] = [
            {"amazon_order_item_code": A, "quantity_ordered": 1, "price": first},
            {"amazon_order_item_code": B, "quantity_ordered": 3, "price": second},
        ]
        items[0] |= a or {}
        order = {
            "amazon_order_id": order_id(number),
            "marketplace_id": "ATVPDKIKX0DER",
            "purchase_date": "2026-11-01T00:00:00Z",
            "currency": "USD",
            **values,
            "items": items,
        }
        import_orders(
            running.service.database,
            BytesIO(json.dumps([order]).encode()),
            SELLER,
            source=f"import {number}",
            now=clock(),
        )

    return put_in


@pytest.fixture
def post(running: Running, clock: HeldClock) -> Post:
    """Write one message's effects down, as the engine does; then three minutes pass."""
    places = iter(range(1, 10_000))

    def message(*effects: Effect, number: int = 1) -> None:
        place, order = next(places), order_id(number)
        with running.service.database.write() as connection:
            loaded = load_orders(connection, SELLER, [order], history=True, lock=True)[
                order
            ]
            after = loaded
            for effect in effects:
                after = after.after(effect)
            save_changes(connection, [(loaded, after)], clock())
            entries = [
                Entry.of(order, place, position, "1", effect)
                for position, effect in enumerate(effects)
            ]
            record(
                connection,
                SELLER,
                entries,
                source="feed 1",
                cause="key",
                now=clock(),
            )
        clock.advance(180)

    return message


def ship(*units: tuple[str, int]) -> RecordShipment:
    return RecordShipment(units, SHIPPED_AT)


CHARGE = ChargeOrder(Decimal("60.00"))


def refund(number: int, code: str = B, kind: Any = PostRefund, **values: Any) -> Any:
    components = (("Principal", Decimal("10.00")), ("Shipping", Decimal("2.00")))
    given = {"components": components} | values
    return kind(number, code, "CustomerReturn", **given)


@pytest.fixture
def ask(running: Running, clock: HeldClock) -> Callable[..., Reply]:
    """Call as the first seller, signed now."""

    def call(action: str, **parameters: str) -> Reply:
        mine = running.caller
        signed = Caller(mine.url, mine.access_key_id, mine.secret, SELLER, clock())
        return signed.call(action, parameters, path=FINANCES)

    return call


def events(reply: Reply) -> list[tuple[str, str, str]]:
    """Return list, order and sum of charges and promotions of each event."""
    assert reply.status == 200, reply.body
    found = []
    for name in ("ShipmentEventList", "RefundEventList"):
        for event in reply.root.iterfind(f".//{{*}}{name}/{{*}}ShipmentEvent"):
            total = sum(
                Decimal(each.text or "") for each in event.iter("{*}CurrencyAmount")
            )
            number = event.findtext("{*}AmazonOrderId") or ""
            found.append((name[:-9], number, str(total)))
    return found


def by_order(ask: Callable[..., Reply], number: int = 1) -> Reply:
    return ask("ListFinancialEvents", AmazonOrderId=order_id(number))


def plain(element: Any) -> str:
    written = etree.tostring(element, encoding="unicode")
    return written.replace(f' xmlns="{NAMESPACE}"', "")


def test_the_first_shipment_charges_the_whole_order(
    put: Put, post: Post, ask: Callable[..., Reply]
) -> None:
    """Later ones have units, and no charge a second time (feed-vocabulary 5.4)."""
    put()
    post(ship((A, 1), (B, 2)), CHARGE)
    post(ship((B, 1)))

    reply = by_order(ask)

    assert reply.namespace == NAMESPACE
    first, second = reply.root.iterfind(".//{*}ShipmentEvent")
    assert plain(first) == (
        "<ShipmentEvent>"
        f"<AmazonOrderId>{order_id()}</AmazonOrderId>"
        f"<SellerOrderId>{order_id()}</SellerOrderId>"
        "<MarketplaceName>Amazon.com</MarketplaceName>"
        "<PostedDate>2026-11-24T12:00:00.000Z</PostedDate>"
        "<ShipmentItemList>"
        f"<ShipmentItem><OrderItemId>{A}</OrderItemId>"
        "<QuantityShipped>1</QuantityShipped><ItemChargeList>"
        "<ChargeComponent><ChargeType>Principal</ChargeType><ChargeAmount>"
        "<CurrencyAmount>20.00</CurrencyAmount><CurrencyCode>USD</CurrencyCode>"
        "</ChargeAmount></ChargeComponent>"
        "<ChargeComponent><ChargeType>ShippingCharge</ChargeType><ChargeAmount>"
        "<CurrencyAmount>4.00</CurrencyAmount><CurrencyCode>USD</CurrencyCode>"
        "</ChargeAmount></ChargeComponent></ItemChargeList></ShipmentItem>"
        f"<ShipmentItem><OrderItemId>{B}</OrderItemId>"
        "<QuantityShipped>2</QuantityShipped><ItemChargeList>"
        "<ChargeComponent><ChargeType>Principal</ChargeType><ChargeAmount>"
        "<CurrencyAmount>30.00</CurrencyAmount><CurrencyCode>USD</CurrencyCode>"
        "</ChargeAmount></ChargeComponent>"
        "<ChargeComponent><ChargeType>ShippingCharge</ChargeType><ChargeAmount>"
        "<CurrencyAmount>6.00</CurrencyAmount><CurrencyCode>USD</CurrencyCode>"
        "</ChargeAmount></ChargeComponent></ItemChargeList></ShipmentItem>"
        "</ShipmentItemList></ShipmentEvent>"
    )
    assert second.findtext(".//{*}OrderItemId") == B
    assert second.findtext(".//{*}QuantityShipped") == "1"
    assert second.find(".//{*}ItemChargeList") is None
    assert reply.texts("ServiceFeeEventList") == [""]


def test_a_refund_has_its_components_and_the_sellers_own_adjustment_id(
    put: Put, post: Post, ask: Callable[..., Reply]
) -> None:
    """One event a message; an id of ours only where the seller gave none."""
    put()
    post(ship((A, 1), (B, 2)), CHARGE)
    post(
        CancelItem(B, 1, "NoInventory", adjustment=AdjustmentKey("R-7", "[]")),
        refund(1),
        refund(2, A, components=(("Goodwill", Decimal("1.00")),), quantity=1),
    )

    reply = by_order(ask)

    (event,) = reply.root.iterfind(".//{*}RefundEventList/{*}ShipmentEvent")
    assert [each.text for each in event.iter("{*}OrderAdjustmentItemId")] == [
        "R-7",
        f"{A}2",
    ]
    assert [each.text for each in event.iter("{*}QuantityShipped")] == ["1", "1"]
    charged = zip(
        (each.text for each in event.iter("{*}ChargeType")),
        (each.text for each in event.iter("{*}CurrencyAmount")),
        strict=True,
    )
    assert list(charged) == [
        ("Principal", "-10.00"),
        ("ShippingCharge", "-2.00"),
        ("Goodwill", "-1.00"),
    ]


@pytest.mark.parametrize("held", [False, True])
def test_nothing_is_seen_before_the_charge_and_everything_with_it(
    put: Put, post: Post, ask: Callable[..., Reply], held: bool
) -> None:
    """Credits are settled, held refunds released, by the first shipment (D4)."""
    put()
    key = AdjustmentKey("R-8", "[]")
    kind = HoldRefund if held else PostRefund
    post(CancelItem(B, 1, "NoInventory"), refund(1, kind=kind, adjustment=key))
    before = by_order(ask)
    released = [refund(1, released=True)] if held else []
    post(ship((A, 1), (B, 2)), CHARGE, *released)

    after = by_order(ask)

    assert events(before) == []
    assert events(after) == [
        ("Shipment", order_id(), "60.00"),
        ("Refund", order_id(), "-12.00"),
    ]
    assert after.text("OrderAdjustmentItemId") == "R-8"
    assert set(after.texts("PostedDate")) == {"2026-11-24T12:03:00.000Z"}


def test_an_order_that_ends_cancelled_never_moved_money(
    put: Put, post: Post, ask: Callable[..., Reply]
) -> None:
    """Its credits lapse: charge 0, refund 0 (design D4)."""
    put()
    post(CancelItem(B, 1, "NoInventory"), refund(1))
    post(CancelItem(A, 1), CancelItem(B, 2), LapseRefund(1, B))

    assert events(by_order(ask)) == []
    assert events(ask("ListFinancialEvents", PostedAfter="2026-11-24")) == []


def test_an_order_that_was_charged_elsewhere_brings_its_events(
    put: Put, ask: Callable[..., Reply]
) -> None:
    """As of its import; with its discount, and what of it was taken back."""
    promotion = {
        "component": "Principal",
        "merchant_promotion_id": "SUMMER",
        "amount": "5.00",
        "taken_back": "2.00",
    }
    opened = {
        "quantity_shipped": 1,
        "refunded": {"Principal": "8.00"},
        "promotions": [promotion],
    }
    put(1, a=opened, merchant_order_id="A-1")
    put(2)

    reply = by_order(ask)

    assert events(reply) == [
        ("Shipment", order_id(), "55.00"),
        ("Refund", order_id(), "-6.00"),
    ]
    assert reply.texts("PromotionId") == ["SUMMER", "SUMMER"]
    assert set(reply.texts("SellerOrderId")) == {"A-1"}
    assert events(by_order(ask, 2)) == []


def test_pages_hold_every_event_once_while_new_ones_arrive(
    put: Put, post: Post, ask: Callable[..., Reply]
) -> None:
    """Even where one message posted several, and a page ends between them."""
    for number in (1, 2, 3):
        put(number)
        post(CancelItem(B, 1), refund(1), number=number)
        post(ship((A, 1), (B, 2)), CHARGE, number=number)

    reply = ask("ListFinancialEvents", PostedAfter="2026-11-24", MaxResultsPerPage="1")
    pages = [events(reply)]
    while tokens := reply.texts("NextToken"):
        post(refund(len(pages) + 1, components=(("Goodwill", Decimal(1)),)))
        reply = ask("ListFinancialEventsByNextToken", NextToken=tokens[0])
        pages.append(events(reply))

    assert pages == [
        [(kind, order_id(number), amount)]
        for number in (1, 2, 3)
        for kind, amount in (("Shipment", "60.00"), ("Refund", "-12.00"))
    ]


@pytest.mark.parametrize("size", [None, 33])
def test_over_a_hundred_events_come_in_pages(
    put: Put, post: Post, ask: Callable[..., Reply], size: int | None
) -> None:
    """A page has 100 events unless told otherwise; ShipmentEvents and RefundEvents."""
    numbers = range(1, 61)
    for number in numbers:
        put(number)
    for number in numbers:
        post(ship((A, 1), (B, 3)), CHARGE, number=number)
        post(refund(1), number=number)

    since = {"PostedAfter": "2026-11-24"}
    given = since if size is None else since | {"MaxResultsPerPage": str(size)}
    reply = ask("ListFinancialEvents", **given)
    pages = [events(reply)]
    while tokens := reply.texts("NextToken"):
        reply = ask("ListFinancialEventsByNextToken", NextToken=tokens[0])
        pages.append(events(reply))

    sizes = [100, 20] if size is None else [33, 33, 33, 21]
    assert [len(page) for page in pages] == sizes
    # Within a page the shipments stand first: they are a list of their own.
    for kind, amount in (("Shipment", "60.00"), ("Refund", "-12.00")):
        found = [event for page in pages for event in page if event[0] == kind]
        assert found == [(kind, order_id(number), amount) for number in numbers]


def test_times_bound_what_is_listed(
    put: Put, post: Post, ask: Callable[..., Reply], clock: HeldClock
) -> None:
    """From PostedAfter on, before PostedBefore, never younger than two minutes."""
    put()
    post(ship((A, 1), (B, 3)), CHARGE)
    listed = "ListFinancialEvents"
    at = "2026-11-24T12:00:00Z"

    inside = ask(listed, PostedAfter=at)
    outside = ask(listed, PostedAfter="2026-11-24T11:00:00Z", PostedBefore=at)
    long = ask(listed, PostedAfter="2026-01-01T00:00:00Z")
    clock.advance(-90)
    young = ask(listed, PostedAfter="2026-11-24T11:00:00Z")

    assert len(events(inside)) == 1
    assert [events(reply) for reply in (outside, long, young)] == [[], [], []]


def test_groups_sum_up_their_events(
    put: Put, post: Post, ask: Callable[..., Reply], clock: HeldClock
) -> None:
    """One a period and currency; a group's id lists its events, and these only."""
    put(1)
    put(2)
    post(ship((A, 1), (B, 3)), CHARGE)
    post(refund(1))
    clock.advance(14 * 86_400)
    post(ship((A, 1), (B, 3)), CHARGE, number=2)

    first = ask(
        "ListFinancialEventGroups",
        FinancialEventGroupStartedAfter="2026-11-01",
        MaxResultsPerPage="1",
    )
    token = first.text("NextToken")
    second = ask("ListFinancialEventGroupsByNextToken", NextToken=token)
    listed = ask("ListFinancialEvents", FinancialEventGroupId="USD20261119")

    assert first.text("FinancialEventGroupId") == "USD20261119"
    assert first.text("ProcessingStatus") == "Closed"
    assert first.text("FinancialEventGroupEnd") == "2026-12-03T00:00:00.000Z"
    assert first.texts("CurrencyAmount") == ["48.00", "0.00"]
    assert second.text("FinancialEventGroupId") == "USD20261203"
    assert second.text("ProcessingStatus") == "Open"
    assert second.texts("FinancialEventGroupEnd") == []
    assert second.texts("CurrencyAmount") == ["60.00", "0.00"]
    assert second.texts("NextToken") == []
    assert events(listed) == [
        ("Shipment", order_id(1), "60.00"),
        ("Refund", order_id(1), "-12.00"),
    ]


def test_nothing_of_another_seller_is_seen(
    put: Put, post: Post, ask: Callable[..., Reply], running: Running
) -> None:
    """Not by order, time, group or token (design D7)."""
    put()
    post(ship((A, 1), (B, 3)), CHARGE)
    post(refund(1))
    since = {"PostedAfter": "2026-11-24", "MaxResultsPerPage": "1"}
    token = ask("ListFinancialEvents", **since).text("NextToken")
    other, listed = running.other, "ListFinancialEvents"

    found = [
        other.call(listed, given, path=FINANCES)
        for given in ({"AmazonOrderId": order_id()}, {"PostedAfter": "2026-11-23"})
    ]
    group = other.call(listed, {"FinancialEventGroupId": "USD20261119"}, path=FINANCES)
    stolen = other.call(f"{listed}ByNextToken", {"NextToken": token}, path=FINANCES)

    assert [events(reply) for reply in found] == [[], []]
    assert (group.status, group.code) == (400, "InvalidParameterValue")
    assert (stolen.status, stolen.code) == (400, "NextTokenCorrupted")


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, "No filter was given"),
        (
            {"AmazonOrderId": order_id(), "PostedAfter": "2026-11-01"},
            "AmazonOrderId and PostedAfter",
        ),
        ({"AmazonOrderId": order_id(), "PostedBefore": "2026-11-01"}, "PostedBefore"),
        ({"AmazonOrderId": "12"}, '"12"'),
        ({"FinancialEventGroupId": "USD20261113"}, "USD20261113"),
        ({"FinancialEventGroupId": "USD20261399"}, "USD20261399"),
        ({"PostedAfter": "2027-01-01"}, "two minutes in the past"),
        ({"PostedAfter": "2026-11-02", "PostedBefore": "2026-11-02"}, "not later"),
        ({"PostedAfter": "2026-11-02", "MaxResultsPerPage": "101"}, '"101"'),
    ],
)
def test_what_cannot_be_asked_is_refused(
    shared: Running, parameters: dict[str, str], told: str
) -> None:
    """With what was wrong, in the spelling and namespace of the section."""
    reply = shared.caller.call("ListFinancialEvents", parameters, path=FINANCES)

    assert (reply.status, reply.code) == (400, "InvalidParameterValue")
    assert told in reply.message
    assert reply.namespace == NAMESPACE
    assert reply.text("RequestId")


def test_groups_need_a_start_and_the_status_has_its_own_namespace(
    shared: Running,
) -> None:
    """The namespace was recorded so (mws-wire 8.7)."""
    groups = shared.caller.call("ListFinancialEventGroups", path=FINANCES)
    status = shared.caller.call("GetServiceStatus", path=FINANCES)

    assert (groups.status, groups.code) == (400, "InvalidParameterValue")
    assert "FinancialEventGroupStartedAfter" in groups.message
    assert status.text("Status") == "GREEN"
    assert status.namespace == (
        "http://mws.amazonservices.com/schema/Finances/2015-05-01"
    )


def test_sqlite_finds_events_by_their_own_index(sqlite_url: str) -> None:
    """A predicate that differs in a word would read the whole ledger instead."""
    database = open_database(sqlite_url)
    with database.read() as connection:
        plan = connection.execute(
            text(
                "EXPLAIN QUERY PLAN SELECT effect_id FROM effect WHERE seller_id = 'A'"
                f" AND {POSTINGS['sqlite']} AND happened_at >= '2026'"
                " ORDER BY happened_at, effect_id"
            )
        ).all()
    database.close()

    assert "effect_posted" in str(plan)
    assert "TEMP B-TREE" not in str(plan)
