"""Subscriptions 2013-07-01: destinations and subscriptions, and who may have which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from app.intake.subscriptions import MOST_DESTINATIONS
from app.settings import Settings
from app.store.tables import notification
from tests.doors.caller import Caller, Reply
from tests.doors.conftest import SELLER, Running
from tests.queues import fields_of

SUBSCRIPTIONS = "/Subscriptions/2013-07-01"
NAMESPACE = "http://mws.amazonservices.com/schema/Subscriptions/2013-07-01"
US, DE = "ATVPDKIKX0DER", "A1PA6795UKMFR9"
FINISHED = "FeedProcessingFinished"
URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/feeds"

WITH_DESTINATION = (
    "RegisterDestination",
    "DeregisterDestination",
    "SendTestNotificationToDestination",
    "CreateSubscription",
    "GetSubscription",
    "UpdateSubscription",
    "DeleteSubscription",
)
OF_SUBSCRIPTION = ("CreateSubscription", "UpdateSubscription")


@pytest.fixture(params=["sqlite", "postgresql"])
def running(start: Callable[..., Running], request: pytest.FixtureRequest) -> Running:
    """A service on each database in turn, without a worker."""
    return start(database_url=request.getfixturevalue(f"{request.param}_url"))


def parameters(action: str, url: str = URL, enabled: str = "true") -> dict[str, str]:
    """Return what an operation takes, as clients send it."""
    prefix = "Subscription." if action in OF_SUBSCRIPTION else ""
    destination = f"{prefix}Destination"
    given = {"MarketplaceId": US}
    if action in WITH_DESTINATION:
        given |= {
            f"{destination}.DeliveryChannel": "SQS",
            f"{destination}.AttributeList.member.1.Key": "sqsQueueUrl",
            f"{destination}.AttributeList.member.1.Value": url,
        }
    if action.endswith("Subscription"):
        given[f"{prefix}NotificationType"] = FINISHED
    if prefix:
        given[f"{prefix}IsEnabled"] = enabled
    return given


def ask(
    caller: Caller,
    action: str,
    url: str = URL,
    enabled: str = "true",
    changes: Mapping[str, str | None] | None = None,
) -> Reply:
    """Call an operation; `changes` replace parameters, None leaves one out."""
    given = parameters(action, url, enabled) | dict(changes or {})
    return caller.call(action, given, path=SUBSCRIPTIONS)


def done(reply: Reply) -> Reply:
    """Assert that a call was answered."""
    assert (reply.status, reply.namespace) == (200, NAMESPACE), reply.body
    return reply


def refused(reply: Reply, code: str = "InvalidInputFatalException") -> str:
    """Assert that a call was refused as the section does; return the message."""
    assert (reply.status, reply.namespace) == (400, NAMESPACE), reply.body
    assert (reply.code, reply.text("Type")) == (code, "Sender")
    assert UUID(reply.text("RequestId"))
    return reply.message


def test_the_whole_story_is_answered_as_recorded(running: Running) -> None:
    """Empty results, `member` elements, and Value before Key (mws-wire 9.3)."""
    caller = running.caller
    destination = (
        "<DeliveryChannel>SQS</DeliveryChannel><AttributeList><member>"
        f"<Value>{URL}</Value><Key>sqsQueueUrl</Key></member></AttributeList>"
    )

    def subscription(enabled: str) -> str:
        return (
            f"<NotificationType>{FINISHED}</NotificationType>"
            f"<IsEnabled>{enabled}</IsEnabled><Destination>{destination}</Destination>"
        )

    expected = [
        ("RegisterDestination", "true", ""),
        (
            "ListRegisteredDestinations",
            "",
            f"<DestinationList><member>{destination}</member></DestinationList>",
        ),
        ("CreateSubscription", "true", ""),
        (
            "GetSubscription",
            "",
            f"<Subscription>{subscription('true')}</Subscription>",
        ),
        ("UpdateSubscription", "false", ""),
        (
            "ListSubscriptions",
            "",
            "<SubscriptionList><member>"
            f"{subscription('false')}</member></SubscriptionList>",
        ),
        ("DeleteSubscription", "", ""),
        ("ListSubscriptions", "", "<SubscriptionList></SubscriptionList>"),
        ("DeregisterDestination", "", ""),
        ("ListRegisteredDestinations", "", "<DestinationList></DestinationList>"),
    ]

    for action, enabled, content in expected:
        reply = done(ask(caller, action, enabled=enabled))
        result = f"<{action}Result>{content}</{action}Result><ResponseMetadata>"
        assert result in reply.body.decode(), action


def test_what_is_not_there_is_refused(running: Running) -> None:
    """Unknown or already deleted: an error, said in a sentence (mws-wire 9.3)."""
    caller = running.caller
    for action in (
        "DeregisterDestination",
        "SendTestNotificationToDestination",
        "CreateSubscription",
    ):
        assert "not registered" in refused(ask(caller, action))
    done(ask(caller, "RegisterDestination"))
    for action in ("GetSubscription", "UpdateSubscription", "DeleteSubscription"):
        assert "no subscription" in refused(ask(caller, action))


def test_a_destination_stays_while_it_is_subscribed(running: Running) -> None:
    """The subscription goes first (mws-wire 9.3)."""
    caller = running.caller
    done(ask(caller, "RegisterDestination"))
    done(ask(caller, "CreateSubscription"))

    message = refused(ask(caller, "DeregisterDestination"))

    assert "DeleteSubscription" in message
    assert done(ask(caller, "ListRegisteredDestinations")).texts("Value") == [URL]


def test_a_call_sent_twice_does_no_harm_and_another_wish_is_told(
    running: Running,
) -> None:
    """A client that lost the answer repeats itself; a change has its own operation."""
    caller = running.caller
    for action in ("RegisterDestination", "CreateSubscription"):
        done(ask(caller, action))
        done(ask(caller, action))

    message = refused(ask(caller, "CreateSubscription", enabled="false"))

    assert "UpdateSubscription" in message
    assert done(ask(caller, "ListSubscriptions")).texts("IsEnabled") == ["true"]


def test_a_seller_sees_and_changes_nothing_of_another(running: Running) -> None:
    """The same queue may be both sellers'; their subscriptions are apart (D7)."""
    done(ask(running.caller, "RegisterDestination"))
    done(ask(running.caller, "CreateSubscription"))
    other = running.other

    assert done(ask(other, "ListRegisteredDestinations")).texts("Value") == []
    assert done(ask(other, "ListSubscriptions")).texts("Value") == []
    refused(ask(other, "GetSubscription"))
    refused(ask(other, "UpdateSubscription", enabled="false"))
    refused(ask(other, "DeleteSubscription"))
    refused(ask(other, "DeregisterDestination"))
    refused(ask(other, "SendTestNotificationToDestination"))

    assert done(ask(running.caller, "ListSubscriptions")).texts("IsEnabled") == ["true"]


def test_marketplaces_are_apart(running: Running) -> None:
    """Every operation works on the one that it names (mws-wire 9.3)."""
    caller, german = running.caller, {"MarketplaceId": DE}
    done(ask(caller, "RegisterDestination"))

    refused(ask(caller, "CreateSubscription", changes=german))

    listed = ask(caller, "ListRegisteredDestinations", changes=german)
    assert done(listed).texts("Value") == []


def test_a_test_message_is_queued(running: Running) -> None:
    """Empty, of a type of its own; each one anew (mws-wire 9.4)."""
    done(ask(running.caller, "RegisterDestination"))

    for _ in range(2):
        done(ask(running.caller, "SendTestNotificationToDestination"))

    with running.service.database.read() as connection:
        queued = connection.execute(select(notification)).all()
    assert [row.seller_id for row in queued] == [SELLER, SELLER]
    assert {row.address for row in queued} == {URL}
    assert queued[0].payload.endswith(
        "<NotificationPayload><TestNotification/></NotificationPayload></Notification>"
    )
    fields = [fields_of(row.payload) for row in queued]
    assert fields[0]["NotificationType"] == "TestNotification"
    assert fields[0]["MarketplaceId"] == US
    assert fields[0]["UniqueId"] != fields[1]["UniqueId"]


def test_a_cancelled_feed_is_told_of(
    running: Running, queue: Callable[..., str]
) -> None:
    """From the door to the row, in the transaction of CancelFeedSubmissions."""
    done(ask(running.caller, "RegisterDestination"))
    done(ask(running.caller, "CreateSubscription"))
    feed = queue()

    running.caller.call("CancelFeedSubmissions")

    with running.service.database.read() as connection:
        (row,) = connection.execute(select(notification)).all()
    fields = fields_of(row.payload)
    assert (fields["FeedSubmissionId"], fields["FeedProcessingStatus"]) == (
        feed,
        "CANCELLED",
    )


def test_the_marketplaces_of_a_feed_are_kept_from_submission_on(
    running: Running, feed: bytes
) -> None:
    """A feed for Germany is no news for a subscription of the United States."""
    caller = running.caller
    done(ask(caller, "RegisterDestination"))
    done(ask(caller, "CreateSubscription"))

    caller.submit(feed, parameters={"MarketplaceIdList.Id.1": DE})
    caller.submit(feed, parameters={"MarketplaceIdList.Id.1": US})
    cancelled = caller.call("CancelFeedSubmissions")

    newest, _ = cancelled.texts("FeedSubmissionId")
    with running.service.database.read() as connection:
        (row,) = connection.execute(select(notification)).all()
    assert fields_of(row.payload)["FeedSubmissionId"] == newest


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://10.0.0.1/123456789012/feeds", "https://10.0.0.1 is not among"),
        ("http://169.254.169.254/latest/meta-data", "not among the places"),
        ("http://sqs.eu-west-1.amazonaws.com/1/q", "not among the places"),
        ("https://sqs.eu-west-1.amazonaws.com:8443/1/q", "not among the places"),
        ("https://sqs.a.b.amazonaws.com/1/q", "not among the places"),
        ("https://sqs.eu-west-1.amazonaws.com.evil.test/1/q", "not among the places"),
        ("https://sqs.eu-west-1.amazonaws.com@evil.test/1/q", "a user"),
        ("https://me:pw@sqs.eu-west-1.amazonaws.com/1/q", "a user"),
        (f"{URL}?Action=DeleteQueue", "a query"),
        (f"{URL}#x", "a fragment"),
        (f"{URL}.fifo", "FIFO"),
        ("https://sqs.eu-west-1.amazonaws.com/", "path"),
        ("https://sqs.eu-west-1.amazonaws.com/1/../q", "path"),
        (f"{URL}{'x' * 1000}", "1054 characters"),
        ("https://sqs.eu-west-1.amazonaws.com/1/q\n", "characters"),
        ("https://sqs.eu-west-1.amazonaws.com:port/1/q", "no URL"),
        ("sqs.eu-west-1.amazonaws.com/1/q", "no URL"),
        ("ftp://sqs.eu-west-1.amazonaws.com/1/q", "no URL"),
        ("arn:aws:sqs:eu-west-1:1:q", "no URL"),
    ],
)
def test_a_queue_elsewhere_is_refused(shared: Running, url: str, why: str) -> None:
    """By default messages go to Amazon over https and nowhere else."""
    message = refused(ask(shared.caller, "RegisterDestination", url))

    assert "sqsQueueUrl" in message
    assert why in message
    assert "pw@" not in message
    assert "DeleteQueue" not in message


def test_the_operator_says_where_messages_may_go(
    start: Callable[..., Running],
) -> None:
    """Scheme, host and port as listed, a star for one part of the name."""
    hosts = "http://127.0.0.1:9324, https://*.queue.test"
    caller = start(queue_hosts=hosts).caller

    done(ask(caller, "RegisterDestination", "http://127.0.0.1:9324/queue/feeds"))
    done(ask(caller, "RegisterDestination", "https://EU.queue.test:443/1/feeds"))
    for url in (URL, "http://127.0.0.1:9325/queue/feeds", "https://queue.test/1/q"):
        refused(ask(caller, "RegisterDestination", url))


def test_a_place_that_is_no_origin_is_told_at_the_start() -> None:
    """A host without its scheme would match nothing, which is hard to find out."""
    with pytest.raises(ValidationError, match="no scheme and host such as https"):
        Settings.model_validate({"queue_hosts": "sqs.example.com"})


ATTRIBUTE = "Destination.AttributeList.member"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"MarketplaceId": None}, "MarketplaceId is missing"),
        ({"Destination.DeliveryChannel": None}, "DeliveryChannel is missing"),
        ({"Destination.DeliveryChannel": "SMS"}, '"SMS", expected SQS'),
        ({f"{ATTRIBUTE}.1.Key": None}, "0 attributes"),
        ({f"{ATTRIBUTE}.2.Key": "sqsQueueUrl"}, "2 attributes"),
        ({f"{ATTRIBUTE}.1.Key": "url"}, '"url", not sqsQueueUrl'),
        ({f"{ATTRIBUTE}.1.Value": None}, f"{ATTRIBUTE}.1.Value is missing"),
        ({f"{ATTRIBUTE}.1.Value": ""}, f"{ATTRIBUTE}.1.Value is missing"),
    ],
)
def test_a_destination_that_cannot_be_read_is_refused(
    shared: Running, changes: dict[str, str | None], why: str
) -> None:
    """The message names the parameter and what would be right."""
    assert why in refused(ask(shared.caller, "RegisterDestination", changes=changes))


@pytest.mark.parametrize(
    ("name", "value", "code", "why"),
    [
        ("NotificationType", None, "InvalidInputFatalException", "is missing"),
        ("NotificationType", "AnyOfferChanged", "InvalidInputFatalException", "served"),
        ("NotificationType", "FeedDone", "InvalidInputFatalException", "unknown"),
        ("NotificationType", "TestNotification", "InvalidInputFatalException", "unkn"),
        ("IsEnabled", None, "InvalidInputFatalException", "is missing"),
        ("IsEnabled", "yes", "InvalidParameterValue", "true or false"),
    ],
)
def test_a_subscription_that_cannot_be_read_is_refused(
    shared: Running, name: str, value: str | None, code: str, why: str
) -> None:
    """A type that would never send anything is refused, not kept."""
    changes = {f"Subscription.{name}": value}

    reply = ask(shared.caller, "CreateSubscription", changes=changes)

    assert why in refused(reply, code)


def test_a_marketplace_that_is_none_is_refused(shared: Running) -> None:
    """As everywhere, by its code."""
    changes = {"MarketplaceId": "NOWHERE"}

    reply = ask(shared.caller, "ListSubscriptions", changes=changes)

    assert "NOWHERE" in refused(reply, "InvalidMarketplace")


def test_a_seller_has_so_many_destinations_at_most(running: Running) -> None:
    """One feed must not become messages without end."""
    for number in range(MOST_DESTINATIONS):
        done(ask(running.caller, "RegisterDestination", f"{URL}{number}"))

    assert "100" in refused(ask(running.caller, "RegisterDestination", f"{URL}x"))

    done(ask(running.caller, "RegisterDestination", f"{URL}0"))
    listed = done(ask(running.caller, "ListRegisteredDestinations"))
    assert len(listed.texts("Value")) == MOST_DESTINATIONS


def test_the_section_says_that_it_is_up(shared: Running) -> None:
    """What monitoring asks."""
    reply = shared.caller.call("GetServiceStatus", path=SUBSCRIPTIONS)

    assert (reply.namespace, reply.text("Status")) == (NAMESPACE, "GREEN")
