"""Subscriptions 2013-07-01: destinations, and what sellers want to be told of.

Source: mws-wire 9.3. Every operation works on one marketplace.
"""

from __future__ import annotations

import re

from app.doors.answers import Answer, element, leaf
from app.doors.call import (
    SERVICE_STATUS_QUOTA,
    Call,
    Services,
    operation,
    service_status,
)
from app.doors.query import shown
from app.doors.sections import SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END
from app.intake.quotas import Quota
from app.intake.subscriptions import channel_of, notification_type_of, refused
from app.model.notification import Destination, NotificationType, Subscription

_QUOTA = Quota(25, 0.5, per_hour=7200)
_QUEUE_URL = "sqsQueueUrl"


@operation("RegisterDestination", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA)
def register_destination(call: Call, services: Services) -> Answer:
    """Keep a queue that messages may be sent to."""
    services.subscriptions.register(call.caller, _marketplace(call), _destination(call))
    return call.answer()


@operation("DeregisterDestination", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA)
def deregister_destination(call: Call, services: Services) -> Answer:
    """Forget a queue that nothing is subscribed to."""
    services.subscriptions.deregister(
        call.caller, _marketplace(call), _destination(call)
    )
    return call.answer()


@operation("ListRegisteredDestinations", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA)
def list_registered_destinations(call: Call, services: Services) -> Answer:
    """List the queues of a marketplace."""
    found = services.subscriptions.destinations(call.caller, _marketplace(call))
    members = [element("member", _destination_content(each)) for each in found]
    return call.answer(element("DestinationList", *members))


@operation(
    "SendTestNotificationToDestination", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA
)
def send_test_notification_to_destination(call: Call, services: Services) -> Answer:
    """Send an empty message to a registered queue, in a moment."""
    services.subscriptions.send_test(
        call.caller, _marketplace(call), _destination(call)
    )
    return call.answer()


@operation("CreateSubscription", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA)
def create_subscription(call: Call, services: Services) -> Answer:
    """Subscribe a registered queue."""
    services.subscriptions.create(call.caller, _marketplace(call), _subscription(call))
    return call.answer()


@operation("GetSubscription", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA)
def get_subscription(call: Call, services: Services) -> Answer:
    """Show one subscription."""
    marketplace_id, kind = _marketplace(call), _notification_type(call)
    found = services.subscriptions.get(
        call.caller, marketplace_id, kind, _destination(call)
    )
    return call.answer(element("Subscription", _subscription_content(found)))


@operation("DeleteSubscription", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA)
def delete_subscription(call: Call, services: Services) -> Answer:
    """End a subscription."""
    marketplace_id, kind = _marketplace(call), _notification_type(call)
    services.subscriptions.delete(call.caller, marketplace_id, kind, _destination(call))
    return call.answer()


@operation("ListSubscriptions", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA)
def list_subscriptions(call: Call, services: Services) -> Answer:
    """List the subscriptions of a marketplace."""
    found = services.subscriptions.subscriptions(call.caller, _marketplace(call))
    members = [element("member", _subscription_content(each)) for each in found]
    return call.answer(element("SubscriptionList", *members))


@operation("UpdateSubscription", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, _QUOTA)
def update_subscription(call: Call, services: Services) -> Answer:
    """Switch a subscription on or off."""
    services.subscriptions.update(call.caller, _marketplace(call), _subscription(call))
    return call.answer()


@operation(
    "GetServiceStatus", SUBSCRIPTIONS, SUBSCRIPTIONS_BACK_END, SERVICE_STATUS_QUOTA
)
def get_service_status(call: Call, services: Services) -> Answer:
    """Say that the section is served."""
    return service_status(call)


def _marketplace(call: Call) -> str:
    return call.required("MarketplaceId")


def _notification_type(call: Call, prefix: str = "") -> NotificationType:
    return notification_type_of(call.required(f"{prefix}NotificationType"))


def _subscription(call: Call) -> Subscription:
    prefix = "Subscription."
    kind = _notification_type(call, prefix)
    destination = _destination(call, prefix)
    call.required(f"{prefix}IsEnabled")
    return Subscription(kind, destination, call.boolean(f"{prefix}IsEnabled"))


def _destination(call: Call, prefix: str = "") -> Destination:
    """Read a destination: its channel and its one attribute, the URL of a queue."""
    channel = channel_of(call.required(f"{prefix}Destination.DeliveryChannel"))
    members = f"{prefix}Destination.AttributeList.member"
    form = re.compile(rf"{re.escape(members)}\.([1-9][0-9]{{0,3}})\.Key")
    numbers = [found[1] for name in call.values if (found := form.fullmatch(name))]
    if len(numbers) != 1:
        raise refused(
            f"{members} has {len(numbers)} attributes; send {members}.1.Key="
            f"{_QUEUE_URL} and {members}.1.Value with the URL of the queue."
        )
    (number,) = numbers
    if (key := call.required(f"{members}.{number}.Key")) != _QUEUE_URL:
        raise refused(f'{members}.{number}.Key is "{shown(key)}", not {_QUEUE_URL}.')
    return Destination(channel, call.required(f"{members}.{number}.Value"))


def _destination_content(destination: Destination) -> str:
    """Write a destination, the value of an attribute first, as recorded."""
    attribute = leaf("Value", destination.address) + leaf("Key", _QUEUE_URL)
    return leaf("DeliveryChannel", destination.channel) + element(
        "AttributeList", element("member", attribute)
    )


def _subscription_content(subscription: Subscription) -> str:
    return (
        leaf("NotificationType", subscription.notification_type)
        + leaf("IsEnabled", "true" if subscription.is_enabled else "false")
        + element("Destination", _destination_content(subscription.destination))
    )
