"""Orders v0: confirmShipment, the REST twin of POST_ORDER_FULFILLMENT_DATA."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from app.doors.spapi.callers import SellerCaller, limited
from app.doors.spapi.errors import REFUSALS, invalid, not_found
from app.doors.spapi.orders_v0 import SECTION
from app.doors.spapi.parts import Parts
from app.doors.spapi.values import Moment
from app.intake.shipments import OtherItems, Package, ShipmentRefused

router = APIRouter(prefix=f"/{SECTION}", tags=["Orders v0"], responses=REFUSALS)

_Word = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern="^[^\\x00-\\x1f]*$")
]


class ConfirmShipmentOrderItem(BaseModel):
    """Units of one item."""

    orderItemId: _Word
    quantity: Annotated[int, Field(ge=1, le=2_147_483_647)]
    transparencyCodes: list[_Word] | None = None


class PackageDetail(BaseModel):
    """One parcel."""

    packageReferenceId: Annotated[
        str, StringConstraints(pattern="^[1-9][0-9]*$", max_length=20)
    ]
    carrierCode: _Word
    carrierName: _Word | None = None
    shippingMethod: _Word | None = None
    trackingNumber: _Word
    shipDate: Moment
    shipFromSupplySourceId: str | None = None
    orderItems: Annotated[list[ConfirmShipmentOrderItem], Field(min_length=1)]


class ConfirmShipmentRequest(BaseModel):
    """A shipment of an order."""

    marketplaceId: str
    packageDetail: PackageDetail
    codCollectionMethod: str | None = None


@router.post(
    "/orders/{orderId}/shipmentConfirmation",
    status_code=204,
    operation_id="confirmShipment",
    dependencies=[limited(f"{SECTION}/confirmShipment", "2", 10)],
)
def confirm_shipment(
    orderId: str, body: ConfirmShipmentRequest, caller: SellerCaller, parts: Parts
) -> Response:
    """Ship an order, or correct the carrier data of a shipment; done when answered."""
    detail = body.packageDetail
    if detail.carrierCode == "Other" and detail.carrierName is None:
        raise invalid(
            "Request has missing or invalid parameters.",
            "packageDetail.carrierName is missing; carrierCode Other needs it.",
        )
    view = None
    if "\0" not in orderId:
        view = parts.orders.get_order(caller.seller_id, orderId)
    if view is None:
        raise not_found("order of that id")
    if view.order.marketplace_id != body.marketplaceId:
        raise invalid(
            "Invalid request parameters.",
            f'marketplaceId is "{body.marketplaceId[:60]}", the order is of '
            f"{view.order.marketplace_id}.",
        )
    package = Package(
        detail.packageReferenceId,
        detail.shipDate,
        detail.carrierCode,
        detail.carrierName,
        detail.shippingMethod,
        detail.trackingNumber,
        tuple(
            (item.orderItemId, item.quantity, tuple(item.transparencyCodes or ()))
            for item in detail.orderItems
        ),
    )
    try:
        parts.shipments.confirm(caller, orderId, package)
    except ShipmentRefused as error:
        raise invalid("The shipment cannot be confirmed.", str(error)) from error
    except OtherItems as error:
        raise invalid(
            "The shipment cannot be confirmed.",
            f"packageReferenceId {detail.packageReferenceId} was given to a package "
            "of this order with other items; give another.",
        ) from error
    return Response(status_code=204)
