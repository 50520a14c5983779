"""Notifications of the Selling Partner API: subscriptions, and the messages as JSON.

Source: sp-api-wire 7; what it leaves open is in docs/decisions/0020.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.model.effects import CancelItem
from app.model.feed import result_feed_document_id
from app.model.notification import Channel, Destination, NewNotification, stable_id
from app.model.order import Order
from app.model.order_event import Happening
from app.model.order_items import OrderItem
from app.model.times import to_iso

REQUESTED = "Buyer Requested Cancel"


class SpNotificationType(StrEnum):
    """What may be subscribed to."""

    FEED_PROCESSING_FINISHED = "FEED_PROCESSING_FINISHED"
    ORDER_CHANGE = "ORDER_CHANGE"


PAYLOAD_VERSIONS = {
    SpNotificationType.FEED_PROCESSING_FINISHED: "2020-09-04",
    SpNotificationType.ORDER_CHANGE: "1.0",
}


class OrderChangeType(StrEnum):
    """What changed of an order."""

    STATUS = "OrderStatusChange"
    BUYER_REQUEST = "BuyerRequestedChange"
    DELIVERY_TIP = "DeliveryTipChange"


@dataclass(frozen=True, slots=True)
class SpDestination:
    """A queue of an application: its ARN as named, and the URL that it stands for."""

    destination_id: str
    client_id: str
    name: str
    arn: str
    url: str


@dataclass(frozen=True, slots=True)
class SpSubscription:
    """What an application wants to be told of a seller, and the URL of the queue.

    `order_change_types` is empty where all are wanted.
    """

    subscription_id: str
    client_id: str
    seller_id: str
    notification_type: SpNotificationType
    payload_version: str
    destination_id: str
    order_change_types: tuple[OrderChangeType, ...]
    url: str

    def wants(self, change: OrderChangeType) -> bool:
        """Whether its filter lets a change of an order through."""
        return not self.order_change_types or change in self.order_change_types


def feed_processing_finished(
    to: SpSubscription,
    *,
    feed_submission_id: int,
    feed_type: str,
    status: str,
    given_up: bool,
    report_document_id: str | None,
    now: datetime,
) -> NewNotification:
    """Write the message that a feed has ended; `status` is as MWS has it.

    A feed that was given up is FATAL (sp-api-wire 10.3).
    """
    feed_id = str(feed_submission_id)
    content: dict[str, object] = {
        "sellerId": to.seller_id,
        "accountId": to.seller_id,
        "feedId": feed_id,
        "feedType": feed_type.strip("_"),
        "processingStatus": "FATAL" if given_up else status.strip("_"),
    }
    if report_document_id is not None:
        report_id = result_feed_document_id(report_document_id, feed_submission_id)
        content["resultFeedDocumentId"] = report_id
    unique_id = stable_id(to.notification_type, to.subscription_id, feed_id)
    return _finished(to, unique_id, content, now, now)


def order_changes(
    to: SpSubscription, happening: Happening, now: datetime
) -> list[NewNotification]:
    """Write what a subscriber is to be told of a message's doing.

    A new order and another status are a change of status; an order that its buyer asked
    to cancel when it was put in is told of as that, too.
    """
    before, after = happening.before, happening.after
    changes = []
    if before is None or before.status is not after.status:
        reasons = [e.reason for e in happening.effects if isinstance(e, CancelItem)]
        reason = next(filter(None, reasons), None) or "Order Status Change"
        changes.append((OrderChangeType.STATUS, reason))
    if before is None and after.buyer_requested_cancel is not None:
        changes.append((OrderChangeType.BUYER_REQUEST, REQUESTED))
    return [
        _order_change(
            to,
            stable_id(to.notification_type, to.subscription_id, happening.key, change),
            _order_content(after, change, reason, happening.happened_at),
            happening.happened_at,
            now,
        )
        for change, reason in changes
        if to.wants(change)
    ]


def sample(to: SpSubscription, unique_id: str, now: datetime) -> NewNotification:
    """Write the message that only shows that the queue can be reached."""
    if to.notification_type is SpNotificationType.ORDER_CHANGE:
        content: dict[str, object] = {
            "NotificationLevel": "OrderLevel",
            "SellerId": to.seller_id,
            "AmazonOrderId": "000-0000000-0000000",
            "OrderChangeType": OrderChangeType.STATUS,
            "OrderChangeTrigger": {
                "TimeOfOrderChange": to_iso(now),
                "ChangeReason": "Test",
            },
            "Summary": {"OrderStatus": "Unshipped", "OrderItems": []},
        }
        return _order_change(to, unique_id, content, now, now)
    content = {
        "sellerId": to.seller_id,
        "accountId": to.seller_id,
        "feedId": "0",
        "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
        "processingStatus": "DONE",
    }
    return _finished(to, unique_id, content, now, now)


def _finished(
    to: SpSubscription,
    unique_id: str,
    content: Mapping[str, object],
    happened_at: datetime,
    now: datetime,
) -> NewNotification:
    message = {
        "notificationVersion": to.payload_version,
        "notificationType": to.notification_type,
        "payloadVersion": to.payload_version,
        "eventTime": to_iso(happened_at),
        "payload": {"feedProcessingFinishedNotification": content},
        "notificationMetadata": {
            "applicationId": to.client_id,
            "subscriptionId": to.subscription_id,
            "publishTime": to_iso(now),
            "notificationId": unique_id,
        },
    }
    return _to_queue(to, unique_id, message)


def _order_change(
    to: SpSubscription,
    unique_id: str,
    content: Mapping[str, object],
    happened_at: datetime,
    now: datetime,
) -> NewNotification:
    """Wrap an ORDER_CHANGE: the one type in this section that is in PascalCase."""
    message = {
        "NotificationVersion": to.payload_version,
        "NotificationType": to.notification_type,
        "PayloadVersion": to.payload_version,
        "EventTime": to_iso(happened_at),
        "Payload": {"OrderChangeNotification": content},
        "NotificationMetadata": {
            "ApplicationId": to.client_id,
            "SubscriptionId": to.subscription_id,
            "PublishTime": to_iso(now),
            "NotificationId": unique_id,
        },
    }
    return _to_queue(to, unique_id, message)


def _to_queue(
    to: SpSubscription, unique_id: str, message: Mapping[str, object]
) -> NewNotification:
    return NewNotification(
        unique_id,
        to.seller_id,
        to.notification_type,
        Destination(Channel.SQS, to.url),
        json.dumps(message, ensure_ascii=False, separators=(",", ":")),
    )


def _order_content(
    order: Order, change: OrderChangeType, reason: str, happened_at: datetime
) -> dict[str, object]:
    requested = order.buyer_requested_cancel is not None
    return {
        "NotificationLevel": "OrderLevel",
        "SellerId": order.seller_id,
        "AmazonOrderId": order.amazon_order_id,
        "OrderChangeType": change,
        "OrderChangeTrigger": {
            "TimeOfOrderChange": to_iso(happened_at),
            "ChangeReason": reason,
        },
        "Summary": {
            "MarketplaceId": order.marketplace_id,
            "OrderStatus": order.status,
            "PurchaseDate": to_iso(order.purchase_date),
            "DestinationPostalCode": None,
            "FulfillmentType": order.fulfillment_channel,
            "OrderType": "StandardOrder",
            "NumberOfItemsShipped": sum(i.quantity_shipped for i in order.items),
            "NumberOfItemsUnshipped": sum(item.open for item in order.items),
            "OrderPrograms": [],
            "ShippingPrograms": [],
            "OrderItems": [_item_content(item, requested) for item in order.items],
        },
    }


def _item_content(item: OrderItem, requested: bool) -> dict[str, object]:
    shipped = item.open == 0 and item.quantity_shipped > 0
    return {
        "OrderItemId": item.amazon_order_item_code,
        "SellerSKU": item.sku,
        "SupplySourceId": None,
        # Without its cancelled units, as Orders v0 shows it (design D4).
        "Quantity": item.quantity_ordered - item.quantity_cancelled,
        "QuantityShipped": item.quantity_shipped,
        "OrderItemStatus": "Shipped" if shipped else "Unshipped",
        "IsBuyerRequestedCancel": requested,
    }
