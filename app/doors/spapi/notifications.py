"""Notifications v1: destinations and subscriptions. Source: sp-api-wire 7.

Subscriptions by id and destinations need a token with the scope of notifications.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.doors.spapi.callers import (
    ClientCaller,
    SellerCaller,
    client_caller,
    limited,
)
from app.doors.spapi.errors import REFUSALS, Refused, invalid, not_found
from app.doors.spapi.parts import Parts
from app.doors.spapi.values import Answer, Text, csv
from app.intake.sp_notifications import (
    NotificationConflict,
    NotificationRefused,
    NotThere,
)
from app.model.sp_notification import (
    OrderChangeType,
    SpDestination,
    SpNotificationType,
    SpSubscription,
)

SECTION = "notifications/v1"

router = APIRouter(prefix=f"/{SECTION}", tags=["Notifications v1"], responses=REFUSALS)


class SqsResource(Answer):
    """A queue."""

    arn: Text


class ResourceSpecification(BaseModel):
    """Where messages go; queues are all that is served here."""

    sqs: SqsResource | None = None
    eventBridge: dict[str, Any] | None = None


class CreateDestinationRequest(BaseModel):
    """A name and a queue."""

    name: Annotated[Text, Field(min_length=1, max_length=256)]
    resourceSpecification: ResourceSpecification


class DestinationResource(Answer):
    """What a destination is."""

    sqs: SqsResource


class DestinationView(Answer):
    """A destination."""

    name: str
    destinationId: str
    resource: DestinationResource


class DestinationResponse(Answer):
    """One of them."""

    payload: DestinationView


class GetDestinationsResponse(Answer):
    """All of the application's."""

    payload: list[DestinationView]


class EventFilter(BaseModel):
    """Which changes of orders are told."""

    eventFilterType: Literal["ORDER_CHANGE"] = "ORDER_CHANGE"
    orderChangeTypes: list[OrderChangeType] | None = None


class ProcessingDirective(BaseModel):
    """What is told of all that happens."""

    eventFilter: EventFilter | None = None
    filterExpression: str | None = None


class CreateSubscriptionRequest(BaseModel):
    """Where to, in which version, and what of it."""

    destinationId: Text
    payloadVersion: str | None = None
    processingDirective: ProcessingDirective | None = None


class ShownFilter(Answer):
    """The filter in force."""

    eventFilterType: str
    orderChangeTypes: list[OrderChangeType]


class ShownDirective(Answer):
    """The directive in force."""

    eventFilter: ShownFilter


class SubscriptionView(Answer):
    """A subscription."""

    subscriptionId: str
    payloadVersion: str
    destinationId: str
    processingDirective: ShownDirective | None = None


class SubscriptionResponse(Answer):
    """One of them."""

    payload: SubscriptionView


class SubscriptionList(Answer):
    """Those of a type: one at most."""

    subscriptions: list[SubscriptionView]


class GetSubscriptionsResponse(Answer):
    """All of a type."""

    payload: SubscriptionList


class Nothing(Answer):
    """No fields."""


class EmptyResponse(Answer):
    """It is done."""

    payload: Nothing = Nothing()


class SubscriptionsQuery(BaseModel):
    """Which subscriptions are listed."""

    notificationTypes: Annotated[list[SpNotificationType], csv(1, 1)]
    pageSize: Annotated[int, Field(ge=30, le=100)] = 30


def _rated(name: str, *, grantless: bool = False) -> list[Any]:
    operation = f"{SECTION}/{name}"
    if grantless:
        return [limited(operation, "1", 5, caller=client_caller)]
    return [limited(operation, "1", 5)]


@contextmanager
def _told() -> Iterator[None]:
    """Answer what the intake refuses."""
    try:
        yield
    except NotificationRefused as error:
        raise invalid("Invalid request parameters.", f"{error}.") from error
    except NotificationConflict as error:
        raise Refused(
            409, "Conflict", "It cannot be done as things are.", f"{error}."
        ) from error
    except NotThere as error:
        raise not_found(str(error)) from error


@router.get(
    "/destinations",
    operation_id="getDestinations",
    dependencies=_rated("getDestinations", grantless=True),
)
def get_destinations(caller: ClientCaller, parts: Parts) -> GetDestinationsResponse:
    """List the destinations of the application."""
    found = parts.notifications.destinations(caller.access_key_id)
    return GetDestinationsResponse(payload=[_destination(each) for each in found])


@router.post(
    "/destinations",
    operation_id="createDestination",
    dependencies=_rated("createDestination", grantless=True),
)
def create_destination(
    body: CreateDestinationRequest, caller: ClientCaller, parts: Parts
) -> DestinationResponse:
    """Keep a queue that messages may go to."""
    given = body.resourceSpecification
    if given.sqs is None or given.eventBridge is not None:
        raise invalid(
            "Invalid request parameters.",
            "resourceSpecification must have sqs and nothing else; eventBridge is "
            "not served here.",
        )
    with _told():
        made = parts.notifications.create_destination(
            caller.access_key_id, body.name, given.sqs.arn
        )
    return DestinationResponse(payload=_destination(made))


@router.get(
    "/destinations/{destinationId}",
    operation_id="getDestination",
    dependencies=_rated("getDestination", grantless=True),
)
def get_destination(
    destinationId: Text, caller: ClientCaller, parts: Parts
) -> DestinationResponse:
    """Tell of one destination."""
    with _told():
        found = parts.notifications.destination(caller.access_key_id, destinationId)
    return DestinationResponse(payload=_destination(found))


@router.delete(
    "/destinations/{destinationId}",
    operation_id="deleteDestination",
    dependencies=_rated("deleteDestination", grantless=True),
)
def delete_destination(
    destinationId: Text, caller: ClientCaller, parts: Parts
) -> EmptyResponse:
    """Remove a destination that no subscription uses."""
    with _told():
        parts.notifications.delete_destination(caller.access_key_id, destinationId)
    return EmptyResponse()


@router.get(
    "/subscriptions",
    operation_id="getSubscriptions",
    response_model_exclude_none=True,
    dependencies=_rated("getSubscriptions"),
)
def get_subscriptions(
    query: Annotated[SubscriptionsQuery, Query()], caller: SellerCaller, parts: Parts
) -> GetSubscriptionsResponse:
    """List the application's subscriptions for the seller, of one type."""
    try:
        (kind,) = query.notificationTypes
        found = [parts.notifications.subscription(caller, kind)]
    except NotThere:
        found = []
    shown = [_subscription(each) for each in found]
    return GetSubscriptionsResponse(payload=SubscriptionList(subscriptions=shown))


@router.get(
    "/subscriptions/{notificationType}",
    operation_id="getSubscription",
    response_model_exclude_none=True,
    dependencies=_rated("getSubscription"),
)
def get_subscription(
    notificationType: SpNotificationType, caller: SellerCaller, parts: Parts
) -> SubscriptionResponse:
    """Tell of the subscription to a type."""
    with _told():
        found = parts.notifications.subscription(caller, notificationType)
    return SubscriptionResponse(payload=_subscription(found))


@router.post(
    "/subscriptions/{notificationType}",
    operation_id="createSubscription",
    response_model_exclude_none=True,
    dependencies=_rated("createSubscription"),
)
def create_subscription(
    notificationType: SpNotificationType,
    body: CreateSubscriptionRequest,
    caller: SellerCaller,
    parts: Parts,
) -> SubscriptionResponse:
    """Have the seller's events of a type sent to a destination from now on."""
    changes: list[OrderChangeType] = []
    directive = body.processingDirective
    if directive is not None:
        if directive.filterExpression is not None:
            raise invalid(
                "Invalid request parameters.",
                "filterExpression is not served here; use eventFilter.",
            )
        if directive.eventFilter is not None:
            if notificationType is not SpNotificationType.ORDER_CHANGE:
                raise invalid(
                    "Invalid request parameters.",
                    f"eventFilter is for ORDER_CHANGE, not {notificationType}.",
                )
            changes = directive.eventFilter.orderChangeTypes or []
    with _told():
        made = parts.notifications.subscribe(
            caller, notificationType, body.payloadVersion, body.destinationId, changes
        )
    return SubscriptionResponse(payload=_subscription(made))


@router.post(
    "/subscriptions/{notificationType}/testNotification",
    operation_id="sendTestNotification",
    dependencies=_rated("sendTestNotification"),
)
def send_test_notification(
    notificationType: SpNotificationType, caller: SellerCaller, parts: Parts
) -> EmptyResponse:
    """Queue a sample to the destination of the subscription to a type."""
    with _told():
        parts.notifications.send_test(caller, notificationType)
    return EmptyResponse()


@router.get(
    "/subscriptions/{notificationType}/{subscriptionId}",
    operation_id="getSubscriptionById",
    response_model_exclude_none=True,
    dependencies=_rated("getSubscriptionById", grantless=True),
)
def get_subscription_by_id(
    notificationType: SpNotificationType,
    subscriptionId: Text,
    caller: ClientCaller,
    parts: Parts,
) -> SubscriptionResponse:
    """Tell of a subscription of the application, whichever seller's."""
    with _told():
        found = parts.notifications.by_id(
            caller.access_key_id, notificationType, subscriptionId
        )
    return SubscriptionResponse(payload=_subscription(found))


@router.delete(
    "/subscriptions/{notificationType}/{subscriptionId}",
    operation_id="deleteSubscriptionById",
    dependencies=_rated("deleteSubscriptionById", grantless=True),
)
def delete_subscription_by_id(
    notificationType: SpNotificationType,
    subscriptionId: Text,
    caller: ClientCaller,
    parts: Parts,
) -> EmptyResponse:
    """End a subscription of the application, whichever seller's."""
    with _told():
        parts.notifications.delete_by_id(
            caller.access_key_id, notificationType, subscriptionId
        )
    return EmptyResponse()


def _destination(found: SpDestination) -> DestinationView:
    return DestinationView(
        name=found.name,
        destinationId=found.destination_id,
        resource=DestinationResource(sqs=SqsResource(arn=found.arn)),
    )


def _subscription(found: SpSubscription) -> SubscriptionView:
    directive = None
    if found.order_change_types:
        shown = ShownFilter(
            eventFilterType=found.notification_type,
            orderChangeTypes=list(found.order_change_types),
        )
        directive = ShownDirective(eventFilter=shown)
    return SubscriptionView(
        subscriptionId=found.subscription_id,
        payloadVersion=found.payload_version,
        destinationId=found.destination_id,
        processingDirective=directive,
    )
