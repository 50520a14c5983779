"""Finances 2015-05-01: what shipments and refunds moved."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from app.doors.answers import Answer, element, leaf, milliseconds
from app.doors.call import (
    SERVICE_STATUS_QUOTA,
    Call,
    Services,
    invalid,
    operation,
    service_status,
)
from app.doors.sections import FINANCES, FINANCES_BACK_END, FINANCES_STATUS
from app.errors import ErrorCode, ServiceError
from app.intake.finances import EventPage, EventQuery, GroupPage
from app.intake.quotas import Quota
from app.model.effects import Components
from app.model.finances import (
    EventItem,
    EventKind,
    FinancialEvent,
    FinancialEventGroup,
    PromotionMoved,
)
from app.model.marketplaces import MARKETPLACES
from app.model.money import Money
from app.model.times import to_iso

QUOTA = Quota(30, 2, per_hour=1800)

_LISTS_BEHIND = (
    "GuaranteeClaim", "Chargeback", "PayWithAmazon", "ServiceProviderCredit",
    "Retrocharge", "RentalTransaction", "PerformanceBondRefund", "ProductAdsPayment",
    "ServiceFee", "SellerDealPayment", "DebtRecovery", "LoanServicing", "Adjustment",
    "CouponPayment", "SAFETReimbursement", "SellerReviewEnrollmentPayment",
    "FBALiquidation", "ImagingServicesFee", "AffordabilityExpense",
    "AffordabilityExpenseReversal", "NetworkComminglingTransaction",
    "TDSReimbursement", "TaxWithholding",
)  # fmt: skip
"""The events that never happen here: their lists are answered empty (mws-wire 9.1)."""

# Dates lie at least two minutes in the past. Source: mws-wire 9.1.
_RECENT = timedelta(minutes=2)


@operation("ListFinancialEvents", FINANCES, FINANCES_BACK_END, QUOTA)
def list_financial_events(call: Call, services: Services) -> Answer:
    """List events, oldest first: of an order, of a group or of a time."""
    query = _query(call)
    limit = call.page_size()
    return _events(call, services.finances.list(call.caller, query, limit))


@operation("ListFinancialEventsByNextToken", FINANCES, FINANCES_BACK_END, QUOTA)
def list_financial_events_by_next_token(call: Call, services: Services) -> Answer:
    """Go on with a list; filters and page size are in the token."""
    token = call.required("NextToken")
    return _events(call, services.finances.list_next(call.caller, token))


@operation("ListFinancialEventGroups", FINANCES, FINANCES_BACK_END, QUOTA)
def list_financial_event_groups(call: Call, services: Services) -> Answer:
    """List groups, oldest first, by when they started."""
    name = "FinancialEventGroupStarted"
    call.required(f"{name}After")
    after, before = _bounds(call, name)
    limit = call.page_size()
    page = services.finances.list_groups(call.caller, after, before, limit)
    return _groups(call, page)


@operation("ListFinancialEventGroupsByNextToken", FINANCES, FINANCES_BACK_END, QUOTA)
def list_financial_event_groups_by_next_token(call: Call, services: Services) -> Answer:
    """Go on with a list of groups."""
    token = call.required("NextToken")
    return _groups(call, services.finances.list_groups_next(call.caller, token))


@operation("GetServiceStatus", FINANCES, FINANCES_STATUS, SERVICE_STATUS_QUOTA)
def get_service_status(call: Call, services: Services) -> Answer:
    """Say that the section is served."""
    return service_status(call)


def _query(call: Call) -> EventQuery:
    names = ("AmazonOrderId", "FinancialEventGroupId", "PostedAfter")
    given = [name for name in names if call.optional(name) is not None]
    if len(given) != 1:
        raise _refused(
            f"{' and '.join(given) or 'No filter'} was given; give exactly one of "
            f"{', '.join(names)}."
        )
    if given != ["PostedAfter"]:
        if call.optional("PostedBefore") is not None:
            raise _refused(f"PostedBefore cannot be combined with {given[0]}.")
        order_id = call.optional("AmazonOrderId")
        if order_id and not re.fullmatch("[0-9]{3}-[0-9]{7}-[0-9]{7}", order_id):
            raise invalid(
                "AmazonOrderId", order_id, "3, 7 and 7 digits joined by hyphens"
            )
        return EventQuery(order_id, call.optional("FinancialEventGroupId"))
    after, before = _bounds(call, "Posted")
    return EventQuery(posted_after=after, posted_before=before)


def _bounds(call: Call, name: str) -> tuple[datetime, datetime | None]:
    """Return both ends of a time; raises InvalidParameterValue if they cannot be."""
    after, before = call.moment(f"{name}After"), call.moment(f"{name}Before")
    assert after is not None, "the caller has looked"
    if after > call.arrived - _RECENT:
        raise _refused(
            f"{name}After {to_iso(after)} must lie at least two minutes in the past."
        )
    if before is not None and before <= after:
        raise _refused(
            f"{name}Before {to_iso(before)} is not later than {name}After "
            f"{to_iso(after)}."
        )
    return after, before


def _refused(text: str) -> ServiceError:
    return ServiceError(ErrorCode.INVALID_PARAMETER, text)


def _events(call: Call, page: EventPage) -> Answer:
    shipments = [_shipment(e) for e in page.events if e.kind is EventKind.SHIPMENT]
    refunds = [_refund(e) for e in page.events if e.kind is EventKind.REFUND]
    return call.answer(
        leaf("NextToken", page.next_token),
        element(
            "FinancialEvents",
            element("ShipmentEventList", *shipments),
            element("RefundEventList", *refunds),
            *(element(f"{name}EventList") for name in _LISTS_BEHIND),
        ),
    )


def _shipment(event: FinancialEvent) -> str:
    items = [
        element(
            "ShipmentItem",
            leaf("SellerSKU", item.sku or None),
            leaf("OrderItemId", item.amazon_order_item_code),
            leaf("QuantityShipped", item.quantity),
            _charges("ItemChargeList", item.charges, event.currency),
            _promotions("PromotionList", item.promotions, event.currency),
        )
        for item in event.items
    ]
    return _event(event, element("ShipmentItemList", *items))


def _refund(event: FinancialEvent) -> str:
    items = [_refunded_item(item, event.currency) for item in event.items]
    return _event(event, element("ShipmentItemAdjustmentList", *items))


def _refunded_item(item: EventItem, currency: str) -> str:
    return element(
        "ShipmentItem",
        leaf("SellerSKU", item.sku or None),
        leaf("OrderItemId", item.amazon_order_item_code),
        leaf("OrderAdjustmentItemId", item.order_adjustment_item_id),
        leaf("QuantityShipped", item.quantity),
        _charges("ItemChargeAdjustmentList", item.charges, currency),
        _promotions("PromotionAdjustmentList", item.promotions, currency),
    )


def _event(event: FinancialEvent, items: str) -> str:
    """Write an event; in refunds and all it is a ShipmentEvent (mws-wire 9.1)."""
    marketplace = MARKETPLACES.get(event.marketplace_id)
    return element(
        "ShipmentEvent",
        leaf("AmazonOrderId", event.amazon_order_id),
        leaf("SellerOrderId", event.merchant_order_id or event.amazon_order_id),
        leaf("MarketplaceName", marketplace and marketplace.sales_channel),
        leaf("PostedDate", milliseconds(event.posted_at)),
        items,
    )


def _charges(name: str, charges: Components, currency: str) -> str:
    if not charges:
        return ""
    return element(
        name,
        *(
            element(
                "ChargeComponent",
                leaf("ChargeType", kind),
                _money("ChargeAmount", amount, currency),
            )
            for kind, amount in charges
        ),
    )


def _promotions(
    name: str, promotions: tuple[PromotionMoved, ...], currency: str
) -> str:
    if not promotions:
        return ""
    return element(
        name,
        *(
            element(
                "Promotion",
                # The one type that was recorded.
                leaf("PromotionType", "PromotionMetaDataDefinitionValue"),
                leaf("PromotionId", promotion.promotion_id),
                _money("PromotionAmount", promotion.amount, currency),
            )
            for promotion in promotions
        ),
    )


def _groups(call: Call, page: GroupPage) -> Answer:
    groups = [_group(group, page.as_of) for group in page.groups]
    return call.answer(
        leaf("NextToken", page.next_token),
        element("FinancialEventGroupList", *groups),
    )


def _group(group: FinancialEventGroup, now: datetime) -> str:
    """Write a group; an open one has neither end nor transfer (mws-wire 9.1)."""
    closed = group.end <= now
    return element(
        "FinancialEventGroup",
        leaf("FinancialEventGroupId", group.group_id),
        leaf("ProcessingStatus", "Closed" if closed else "Open"),
        leaf("FundTransferStatus", "Unknown" if closed else None),
        _money("OriginalTotal", group.total, group.currency),
        _money("BeginningBalance", Decimal(0), group.currency),
        leaf("FinancialEventGroupStart", milliseconds(group.start)),
        leaf("FinancialEventGroupEnd", milliseconds(group.end) if closed else None),
    )


def _money(name: str, amount: Decimal, currency: str) -> str:
    # CurrencyAmount, not Amount as in Orders, and first, as recorded (mws-wire 9.1).
    text = str(Money(amount, currency)).removesuffix(f" {currency}")
    return element(name, leaf("CurrencyAmount", text), leaf("CurrencyCode", currency))
