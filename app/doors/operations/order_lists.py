"""Orders 2013-09-01: orders listed by when they were placed or last changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.doors.answers import Answer, element, leaf
from app.doors.call import Call, Services, invalid, operation
from app.doors.operations.orders import write_order
from app.doors.sections import ORDERS, ORDERS_BACK_END
from app.errors import ErrorCode, ServiceError
from app.intake.order_lists import OrderPage, Wanted
from app.intake.quotas import Quota
from app.model.order import OrderStatus
from app.model.times import to_iso

MOST_LISTED = 100
MOST_MARKETPLACES = 50
DELAY = timedelta(minutes=2)
"""How old an order must be to be listed. Source: mws-wire 8.2."""

LIST_QUOTA = Quota(6, 60, shared="ListOrders")
_CHANNELS = ("AFN", "MFN")
_PAYMENT_METHODS = ("COD", "CVS", "Other")
# Source: MWS Orders API, "ListOrders"; the later ones stand in its clients only.
_EASY_SHIP_STATUSES = (
    "PendingPickUp",
    "LabelCanceled",
    "PickedUp",
    "OutForDelivery",
    "Damaged",
    "Delivered",
    "RejectedByBuyer",
    "Undeliverable",
    "ReturnedToSeller",
    "ReturningToSeller",
    "Lost",
    "PendingSchedule",
    "PendingDropOff",
    "DroppedOff",
    "AtOriginFC",
    "AtDestinationFC",
)
# TFM is the older name, which clients still send (mws-wire 8.2).
_EASY_SHIP_FILTERS = ("EasyShipShipmentStatus.Status", "TFMShipmentStatus.Status")


@operation("ListOrders", ORDERS, ORDERS_BACK_END, LIST_QUOTA)
def list_orders(call: Call, services: Services) -> Answer:
    """List orders, oldest first, by purchase or by last change."""
    wanted = _wanted(call)
    limit = call.page_size(MOST_LISTED)
    return _answer(call, services.order_lists.list(call.caller, wanted, limit))


@operation("ListOrdersByNextToken", ORDERS, ORDERS_BACK_END, LIST_QUOTA)
def list_orders_by_next_token(call: Call, services: Services) -> Answer:
    """Go on with a list; filters and page size are in the token."""
    token = call.required("NextToken")
    return _answer(call, services.order_lists.list_next(call.caller, token))


def _answer(call: Call, page: OrderPage) -> Answer:
    name = "LastUpdatedBefore" if page.wanted.by_update else "CreatedBefore"
    return call.answer(
        leaf("NextToken", page.next_token),
        leaf(name, to_iso(page.wanted.before.replace(microsecond=0))),
        element("Orders", *map(write_order, page.orders)),
    )


def _wanted(call: Call) -> Wanted:
    by_update = call.optional("LastUpdatedAfter") is not None
    _check_families(call)
    _check_exclusions(call)
    after, before = _bounds(call, "LastUpdated" if by_update else "Created")
    marketplaces = call.numbered("MarketplaceId.Id", most=MOST_MARKETPLACES)
    if not marketplaces:
        raise call.lacks("MarketplaceId.Id.1")
    statuses = _statuses(call)
    methods = _among(call, "PaymentMethod.Method", _PAYMENT_METHODS)
    # Orders here are all paid by other means than COD and CVS, and none is an order of
    # Amazon Easy Ship, which are all that its filters leave.
    none_match = bool(methods) and "Other" not in methods
    for name in _EASY_SHIP_FILTERS:
        none_match |= bool(_among(call, name, _EASY_SHIP_STATUSES))
    return Wanted(
        after=after,
        before=before,
        marketplace_ids=marketplaces,
        by_update=by_update,
        statuses=() if none_match else statuses or None,
        channels=_among(call, "FulfillmentChannel.Channel", _CHANNELS) or None,
        buyer_email=call.optional("BuyerEmail"),
        merchant_order_id=call.optional("SellerOrderId"),
    )


def _check_families(call: Call) -> None:
    created, updated = call.optional("CreatedAfter"), call.optional("LastUpdatedAfter")
    if created is None and updated is None:
        raise _refused("CreatedAfter or LastUpdatedAfter must be given.")
    other = "CreatedAfter" if updated is not None else "LastUpdatedAfter"
    for name in (other, other.replace("After", "Before")):
        if call.optional(name) is not None:
            raise _refused(
                f"{name} cannot be combined with "
                f"{'LastUpdatedAfter' if updated is not None else 'CreatedAfter'}."
            )


def _check_exclusions(call: Call) -> None:
    """Refuse what BuyerEmail and SellerOrderId exclude (mws-wire 8.2)."""
    for chosen in ("BuyerEmail", "SellerOrderId"):
        if call.optional(chosen) is None:
            continue
        other = "SellerOrderId" if chosen == "BuyerEmail" else "BuyerEmail"
        excluded = [name for name in (other, "LastUpdatedAfter") if call.optional(name)]
        excluded += [
            name
            for name in (
                "OrderStatus.Status",
                "FulfillmentChannel.Channel",
                "PaymentMethod.Method",
            )
            if call.numbered(name)
        ]
        if excluded:
            raise _refused(f"{chosen} cannot be combined with {excluded[0]}.")


def _bounds(call: Call, family: str) -> tuple[datetime, datetime]:
    """Return both ends; the later one is at most two minutes before now."""
    after, before = call.moment(f"{family}After"), call.moment(f"{family}Before")
    assert after is not None
    if before is not None and before <= after:
        raise _refused(
            f"{family}Before {to_iso(before)} is not later than {family}After "
            f"{to_iso(after)}."
        )
    newest = call.arrived - DELAY
    return after, min(before or newest, newest)


def _statuses(call: Call) -> tuple[OrderStatus, ...]:
    given = _among(call, "OrderStatus.Status", tuple(OrderStatus))
    pair = {OrderStatus.UNSHIPPED, OrderStatus.PARTIALLY_SHIPPED}
    if len(pair & set(given)) == 1:
        raise _refused(
            "OrderStatus.Status has only one of Unshipped and PartiallyShipped; give "
            "both together."
        )
    return tuple(map(OrderStatus, given))


def _among(call: Call, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    given = call.numbered(name)
    for value in given:
        if value not in known:
            raise invalid(name, value, f"one of {', '.join(known)}")
    return given


def _refused(text: str) -> ServiceError:
    return ServiceError(ErrorCode.INVALID_PARAMETER, text)
