"""Finances v0: what shipments and refunds moved. Source: sp-api-wire 6.1."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.doors.spapi.callers import SellerCaller, limited
from app.doors.spapi.errors import REFUSALS, invalid
from app.doors.spapi.parts import Parts
from app.doors.spapi.values import Answer, Moment, ZuluMoment, write_zulu
from app.intake.finances import EventPage, EventQuery
from app.model.effects import Components
from app.model.finances import (
    EventItem,
    EventKind,
    FinancialEvent,
    PromotionMoved,
)
from app.model.marketplaces import MARKETPLACES

SECTION = "finances/v0"

# Dates lie at least two minutes in the past.
_RECENT = timedelta(minutes=2)
_ORDER_ID = re.compile("[0-9]{3}-[0-9]{7}-[0-9]{7}")

router = APIRouter(prefix=f"/{SECTION}", tags=["Finances v0"], responses=REFUSALS)


class Currency(Answer):
    """An amount: a number here, unlike in Orders."""

    CurrencyCode: str
    CurrencyAmount: float


class ChargeComponent(Answer):
    """One kind of charge."""

    ChargeType: str
    ChargeAmount: Currency


class Promotion(Answer):
    """A discount that was granted or taken back."""

    PromotionType: str = "PromotionMetaDataDefinitionValue"
    PromotionId: str | None = None
    PromotionAmount: Currency


class ShipmentItem(Answer):
    """What an event moved for one line of an order."""

    SellerSKU: str | None = None
    OrderItemId: str
    OrderAdjustmentItemId: str | None = None
    QuantityShipped: int
    ItemChargeList: list[ChargeComponent] | None = None
    ItemChargeAdjustmentList: list[ChargeComponent] | None = None
    PromotionList: list[Promotion] | None = None
    PromotionAdjustmentList: list[Promotion] | None = None


class ShipmentEvent(Answer):
    """A shipment, or a refund in its adjustment lists."""

    AmazonOrderId: str
    SellerOrderId: str
    MarketplaceName: str | None = None
    PostedDate: ZuluMoment
    ShipmentItemList: list[ShipmentItem] | None = None
    ShipmentItemAdjustmentList: list[ShipmentItem] | None = None


class EventLists(Answer):
    """Events by kind; those kinds that never happen here have no list."""

    ShipmentEventList: list[ShipmentEvent]
    RefundEventList: list[ShipmentEvent]


class ListFinancialEventsPayload(Answer):
    """A page of events, oldest first; the last one has no NextToken."""

    NextToken: str | None = None
    FinancialEvents: EventLists


class ListFinancialEventsResponse(Answer):
    """The answer of both operations."""

    payload: ListFinancialEventsPayload


class PageQuery(BaseModel):
    """How many events, and where they go on; the filters come with a NextToken."""

    MaxResultsPerPage: Annotated[int, Field(ge=1, le=100)] = 100
    NextToken: str | None = None


class EventsQuery(PageQuery):
    """The filters of listFinancialEvents."""

    PostedAfter: Moment | None = None
    PostedBefore: Moment | None = None


@router.get(
    "/orders/{orderId}/financialEvents",
    operation_id="listFinancialEventsByOrderId",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/listFinancialEventsByOrderId", "0.5", 30)],
)
def list_financial_events_by_order_id(
    orderId: str,
    query: Annotated[PageQuery, Query()],
    caller: SellerCaller,
    parts: Parts,
) -> ListFinancialEventsResponse:
    """List the events of an order; one that is none of the seller's has none."""
    if not _ORDER_ID.fullmatch(orderId):
        raise invalid(
            "Invalid request parameters.",
            f'orderId is "{orderId[:60]}", expected 3, 7 and 7 digits joined by '
            "hyphens.",
        )
    if query.NextToken is not None:
        page = parts.finances.list_next(caller, query.NextToken)
    else:
        asked = EventQuery(amazon_order_id=orderId)
        page = parts.finances.list(caller, asked, query.MaxResultsPerPage)
    return _answer(page)


@router.get(
    "/financialEvents",
    operation_id="listFinancialEvents",
    response_model_exclude_none=True,
    dependencies=[limited(f"{SECTION}/listFinancialEvents", "0.5", 30)],
)
def list_financial_events(
    query: Annotated[EventsQuery, Query()], caller: SellerCaller, parts: Parts
) -> ListFinancialEventsResponse:
    """List the events of a time of at most 180 days; a longer one has none."""
    if query.NextToken is not None:
        page = parts.finances.list_next(caller, query.NextToken)
        return _answer(page)
    after, before = query.PostedAfter, query.PostedBefore
    if after is None:
        raise invalid(
            "Request has missing or invalid parameters.", "PostedAfter is missing;"
        )
    if after > parts.clock() - _RECENT:
        raise invalid(
            "Invalid request parameters.",
            f"PostedAfter {write_zulu(after)} must lie at least two minutes in the "
            "past.",
        )
    if before is not None and before <= after:
        raise invalid(
            "Invalid request parameters.",
            f"PostedBefore {write_zulu(before)} is not later than PostedAfter "
            f"{write_zulu(after)}.",
        )
    asked = EventQuery(posted_after=after, posted_before=before)
    return _answer(parts.finances.list(caller, asked, query.MaxResultsPerPage))


def _answer(page: EventPage) -> ListFinancialEventsResponse:
    shipments = [_event(e) for e in page.events if e.kind is EventKind.SHIPMENT]
    refunds = [_event(e) for e in page.events if e.kind is EventKind.REFUND]
    return ListFinancialEventsResponse(
        payload=ListFinancialEventsPayload(
            NextToken=page.next_token,
            FinancialEvents=EventLists(
                ShipmentEventList=shipments, RefundEventList=refunds
            ),
        )
    )


def _event(event: FinancialEvent) -> ShipmentEvent:
    marketplace = MARKETPLACES.get(event.marketplace_id)
    refund = event.kind is EventKind.REFUND
    items = [_item(item, event.currency, refund=refund) for item in event.items]
    return ShipmentEvent(
        AmazonOrderId=event.amazon_order_id,
        SellerOrderId=event.merchant_order_id or event.amazon_order_id,
        MarketplaceName=marketplace.sales_channel if marketplace else None,
        PostedDate=event.posted_at,
        ShipmentItemList=None if refund else items,
        ShipmentItemAdjustmentList=items if refund else None,
    )


def _item(item: EventItem, currency: str, *, refund: bool) -> ShipmentItem:
    charges = _charges(item.charges, currency) or None
    promotions = _promotions(item.promotions, currency) or None
    return ShipmentItem(
        SellerSKU=item.sku or None,
        OrderItemId=item.amazon_order_item_code,
        OrderAdjustmentItemId=item.order_adjustment_item_id,
        QuantityShipped=item.quantity,
        ItemChargeList=None if refund else charges,
        ItemChargeAdjustmentList=charges if refund else None,
        PromotionList=None if refund else promotions,
        PromotionAdjustmentList=promotions if refund else None,
    )


def _charges(charges: Components, currency: str) -> list[ChargeComponent]:
    return [
        ChargeComponent(ChargeType=kind, ChargeAmount=_money(amount, currency))
        for kind, amount in charges
    ]


def _promotions(
    promotions: tuple[PromotionMoved, ...], currency: str
) -> list[Promotion]:
    return [
        Promotion(
            PromotionId=each.promotion_id,
            PromotionAmount=_money(each.amount, currency),
        )
        for each in promotions
    ]


def _money(amount: Decimal, currency: str) -> Currency:
    # JSON knows no decimals: the shortest number that reads back as this amount.
    return Currency(CurrencyCode=currency, CurrencyAmount=float(amount))
