"""Feeds 2021-06-30, operation by operation; the worker does not run."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from app.model.feed import FeedStatus
from app.store.tables import feed_submission
from tests.doors.conftest import ACKNOWLEDGEMENT
from tests.held import NOON
from tests.spapi.api import FEEDS, XML, Api, fetch, put, refused
from tests.spapi.conftest import Shop

TYPE = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
ADJUSTMENT = "POST_PAYMENT_ADJUSTMENT_DATA"
US = "ATVPDKIKX0DER"
FEED = ACKNOWLEDGEMENT.format(status="Success").encode()


def new_document(api: Api, content_type: str = XML) -> tuple[str, str]:
    answer = api.post(f"{FEEDS}/documents", {"contentType": content_type})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert set(body) == {"feedDocumentId", "url"}
    return body["feedDocumentId"], body["url"]


def uploaded(api: Api, content: bytes = FEED) -> str:
    document_id, url = new_document(api)
    assert put(url, content).status_code == 200
    return document_id


def create(api: Api, document_id: str, **changes: Any) -> httpx.Response:
    body = {
        "feedType": TYPE,
        "marketplaceIds": [US],
        "inputFeedDocumentId": document_id,
    }
    return api.post(f"{FEEDS}/feeds", body | changes)


def created(api: Api, **changes: Any) -> str:
    answer = create(api, uploaded(api), **changes)
    assert answer.status_code == 202, answer.text
    assert set(answer.json()) == {"feedId"}
    feed_id: str = answer.json()["feedId"]
    assert re.fullmatch("[0-9]{11,14}", feed_id)
    return feed_id


def shown(api: Api, feed_id: str) -> dict[str, Any]:
    answer = api.get(f"{FEEDS}/feeds/{feed_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def listed(api: Api, **parameters: Any) -> list[str]:
    answer = api.get(f"{FEEDS}/feeds", **parameters)
    assert answer.status_code == 200, answer.text
    return [feed["feedId"] for feed in answer.json()["feeds"]]


def set_feed(shop: Shop, feed_id: str, **values: Any) -> None:
    """Put a feed into a state that takes a worker, or time, to come about."""
    with shop.service.database.write() as connection:
        connection.execute(
            update(feed_submission)
            .where(feed_submission.c.feed_submission_id == int(feed_id))
            .values(**values)
        )


def test_a_feed_is_made_in_three_steps(shop: Shop) -> None:
    """And has the fields of the book, no others, and no null."""
    feed_id = created(shop.api)

    feed = shown(shop.api, feed_id)

    assert feed == {
        "feedId": feed_id,
        "feedType": TYPE,
        "marketplaceIds": [US],
        "createdTime": "2026-11-24T12:00:00+00:00",
        "processingStatus": "IN_QUEUE",
    }
    refused(shop.other.get(f"{FEEDS}/feeds/{feed_id}"), 404, "NotFound")
    for unknown in ("50000099999", "x", "9" * 30, "%00"):
        refused(shop.api.get(f"{FEEDS}/feeds/{unknown}"), 404, "NotFound")


def test_the_address_of_an_upload_looks_like_one_of_object_storage(shop: Shop) -> None:
    """Signed headers and five minutes, where client libraries may look for them."""
    document_id, url = new_document(shop.api)

    parsed = httpx.URL(url)
    assert document_id.startswith("amzn1.tortuga.4.")
    assert f"{parsed.scheme}://{parsed.host}:{parsed.port}" == shop.url
    assert parsed.params["X-Amz-Expires"] == "300"
    assert parsed.params["X-Amz-Date"] == "20261124T120000Z"
    assert parsed.params["X-Amz-SignedHeaders"] == "content-type;host"


def _xml_error(answer: httpx.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/xml"
    found = re.search("<Error><Code>(.*?)</Code><Message>(.*?)</Message>", answer.text)
    assert found is not None
    assert found[1] == code
    return found[2]


def test_an_upload_may_be_repeated_until_a_feed_has_it(shop: Shop) -> None:
    """A client that lost the answer sends it again: the last whole one counts."""
    document_id, url = new_document(shop.api)
    first = put(url, b"<Other/>")
    again = put(url, FEED)
    assert (first.status_code, first.content) == (200, b"")
    assert again.status_code == 200

    feed_id = create(shop.api, document_id).json()["feedId"]

    assert "was used" in _xml_error(put(url, FEED), 403, "AccessDenied")
    told = refused(create(shop.api, document_id), 400, "InvalidInput")
    assert f"was used by feed {feed_id}" in told
    with shop.service.database.read() as connection:
        row = connection.execute(
            feed_submission.select().where(
                feed_submission.c.feed_submission_id == int(feed_id)
            )
        ).one()
    with shop.service.documents.open_checked(row.document_id, row.sha256) as kept:
        assert kept.read() == FEED


def test_an_upload_with_another_content_type_is_not_taken(shop: Shop) -> None:
    """UTF-8 and utf-8 are different; the answer names both, markup in it escaped."""
    document_id, url = new_document(shop.api)

    told = _xml_error(
        put(url, FEED, "text/xml; charset=utf-8&<"), 403, "SignatureDoesNotMatch"
    )

    assert "charset=utf-8&amp;&lt;" in told
    assert XML in told
    assert "not uploaded" in refused(create(shop.api, document_id), 400, "InvalidInput")


def test_an_address_is_good_for_five_minutes_and_one_method(shop: Shop) -> None:
    """Nor can its time be changed by whoever has it."""
    document_id, url = new_document(shop.api)
    now = shop.clock.now
    shop.clock.advance(299)
    assert put(url, FEED).status_code == 200
    shop.clock.advance(1)
    late = put(url, FEED)
    shop.clock.now = now

    _xml_error(late, 403, "AccessDenied")
    _xml_error(fetch(url), 403, "SignatureDoesNotMatch")
    for changed in (
        url.replace("X-Amz-Expires=300", "X-Amz-Expires=900"),
        url.replace("20261124T120000Z", "20261124T130000Z"),
        url.replace(document_id, "amzn1.tortuga.4.other"),
        url.replace("X-Amz-Signature=", "X-Amz-Signature=x"),
        url.split("?")[0],
    ):
        _xml_error(put(changed, FEED), 403, "SignatureDoesNotMatch")


def test_an_upload_with_a_second_authorisation_is_refused(shop: Shop) -> None:
    """Object storage takes one only."""
    _, url = new_document(shop.api)

    answer = put(url, FEED, authorization="Bearer x")

    assert "Authorization" in _xml_error(answer, 400, "InvalidArgument")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"inputFeedDocumentId": "amzn1.tortuga.4.unknown"}, "is not a document"),
        ({"feedType": "POST_NOTHING"}, '"POST_NOTHING" is unknown; use one of'),
        ({"feedType": "POST_INVOICE_CONFIRMATION_DATA"}, "is not served here"),
        ({"marketplaceIds": ["MOON"]}, '"MOON", which is unknown'),
        ({"marketplaceIds": []}, "marketplaceIds"),
        ({"marketplaceIds": [US] * 26}, "marketplaceIds"),
        ({"marketplaceIds": US}, "marketplaceIds"),
        ({"feedType": None}, "feedType"),
        ({"feedType": "a\0"}, "feedType"),
        ({"feedOptions": {"on-invalid-message": "x"}}, "expected skip or reject"),
    ],
)
def test_a_feed_of_what_cannot_be_is_refused(
    shop: Shop, changes: dict[str, Any], told: str
) -> None:
    """The details name the field and what would be right; nothing is queued."""
    before = listed(shop.api, feedTypes=TYPE, pageSize=100)
    document_id = uploaded(shop.api)

    answer = create(shop.api, document_id, **changes)

    assert told in refused(answer, 400, "InvalidInput")
    assert listed(shop.api, feedTypes=TYPE, pageSize=100) == before
    assert create(shop.api, document_id).status_code == 202


def test_a_document_must_be_ones_own_and_have_content(shop: Shop) -> None:
    """A foreign document is one that does not exist; an empty one makes no feed."""
    document_id = uploaded(shop.api)
    assert "is not a document" in refused(
        create(shop.other, document_id), 400, "InvalidInput"
    )
    empty = uploaded(shop.api, b"")
    assert "is empty" in refused(create(shop.api, empty), 400, "InvalidInput")


def test_feeds_of_one_document_at_once_are_one_feed(shop: Shop) -> None:
    """Whoever comes second is told so, whatever an upload does in between."""
    document_id, url = new_document(shop.api)
    assert put(url, FEED).status_code == 200
    with ThreadPoolExecutor(8) as pool:
        creating = [pool.submit(create, shop.api, document_id) for _ in range(6)]
        putting = [pool.submit(put, url, FEED) for _ in range(2)]
        created_ = [each.result() for each in creating]
        uploaded_ = {each.result().status_code for each in putting}

    statuses = sorted(answer.status_code for answer in created_)
    assert statuses.count(202) <= 1
    assert set(statuses) <= {202, 400}
    assert uploaded_ <= {200, 403}
    with shop.service.database.read() as connection:
        made = connection.exec_driver_sql(
            "SELECT feed_submission_id FROM feed_document"
            f" WHERE feed_document_id = '{document_id}'"
        ).scalar_one()
    answered = [
        answer.json()["feedId"] for answer in created_ if answer.status_code == 202
    ]
    assert answered == ([] if made is None else [str(made)])


def test_a_document_waits_two_days_for_its_feed(shop: Shop) -> None:
    """After that it is as good as gone."""
    document_id = uploaded(shop.api)
    now = shop.clock.now
    shop.clock.advance(timedelta(days=2).total_seconds())
    shop.api.token = ""
    answer = create(shop.api, document_id)
    shop.clock.now = now
    shop.api.token = shop.other.token = ""

    assert "older than 2 days" in refused(answer, 400, "InvalidInput")


def test_a_body_that_is_no_json_or_not_in_form_is_refused(shop: Shop) -> None:
    """Unknown keys are ignored, as published clients send some."""
    path = f"{FEEDS}/documents"
    told = refused(shop.api.post(path, {}), 400, "InvalidInput")
    assert "contentType is missing;" in told
    refused(shop.api.call("POST", path, content=b"{"), 400, "InvalidInput")
    refused(shop.api.post(path, {"contentType": "a\r\nb"}), 400, "InvalidInput")
    refused(shop.api.call("POST", path, content=b" " * 2_000_000), 400, "InvalidInput")
    answer = shop.api.post(path, {"contentType": XML, "path": "x", "marketplaceIds": 1})
    assert answer.status_code == 201


def test_feeds_are_listed_newest_first_by_any_filter(shop: Shop) -> None:
    """Lists may have commas, or repeat their name; each filter narrows."""
    japan = "A1VC38T7YXB528"
    shop.clock.advance(60)
    first = created(shop.other)
    shop.clock.advance(60)
    second = created(shop.other, feedType=ADJUSTMENT, marketplaceIds=[US, japan])
    shop.clock.advance(60)
    third = created(shop.other)
    set_feed(shop, first, status=FeedStatus.DONE)
    both = f"{TYPE},{ADJUSTMENT}"
    at = [(NOON + timedelta(minutes=n)).isoformat() for n in (1, 2, 3)]

    def found(**parameters: Any) -> list[str]:
        return listed(shop.other, **{"feedTypes": both, **parameters})

    assert found() == [third, second, first]
    assert found(feedTypes=[TYPE, ADJUSTMENT]) == [third, second, first]
    assert found(feedTypes=TYPE) == [third, first]
    assert found(feedTypes="JSON_LISTINGS_FEED") == []
    assert found(marketplaceIds=japan) == [second]
    assert found(marketplaceIds=f"{japan},{US}") == [third, second, first]
    assert found(processingStatuses="DONE") == [first]
    assert found(processingStatuses=["DONE", "IN_QUEUE"]) == [third, second, first]
    assert found(processingStatuses="CANCELLED,FATAL,IN_PROGRESS") == []
    assert found(createdSince=at[1]) == [third, second]
    assert found(createdUntil=at[1]) == [second, first]
    assert found(createdSince=at[1], createdUntil=at[1]) == [second]
    assert found(pageSize=2) == [third, second]


def test_a_token_goes_on_alone(shop: Shop) -> None:
    """It holds filters and page size; the last page has none."""
    feeds = [created(shop.api) for _ in range(3)][::-1]
    parameters: dict[str, Any] = {"feedTypes": TYPE, "pageSize": 2}
    first = shop.api.get(f"{FEEDS}/feeds", **parameters).json()
    token = first["nextToken"]
    path = f"{FEEDS}/feeds"

    second = shop.api.get(path, nextToken=token).json()

    assert [feed["feedId"] for feed in first["feeds"]] == feeds[:2]
    assert second["feeds"][0]["feedId"] == feeds[2]
    while "nextToken" in second:
        second = shop.api.get(path, nextToken=second["nextToken"]).json()
    told = refused(shop.api.get(path, nextToken=token, pageSize=2), 400, "InvalidInput")
    assert "cannot be combined with pageSize" in told
    refused(shop.api.get(path, nextToken="x"), 400, "InvalidInput")
    refused(shop.other.get(path, nextToken=token), 400, "InvalidInput")


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"feedTypes": None}, "feedTypes is missing"),
        ({"feedTypes": ""}, "feedTypes"),
        ({"feedTypes": ",".join(f"T{n}" for n in range(11))}, "1 to 10 values"),
        ({"pageSize": 0}, "pageSize"),
        ({"pageSize": 101}, "pageSize"),
        ({"pageSize": "x"}, 'pageSize is "x"'),
        ({"processingStatuses": "_DONE_"}, "processingStatuses"),
        ({"createdSince": "yesterday"}, 'createdSince is "yesterday"'),
        ({"createdSince": "2026-11-24", "createdUntil": "2026-11-23"}, "swap them"),
    ],
)
def test_a_filter_that_cannot_be_is_named(
    shop: Shop, parameters: dict[str, Any], told: str
) -> None:
    """With what was sent and what would be right."""
    given = {"feedTypes": TYPE, **parameters}

    assert told in refused(shop.api.get(f"{FEEDS}/feeds", **given), 400, "InvalidInput")


def test_a_feed_is_cancelled_while_it_waits(shop: Shop) -> None:
    """The answer has a body, without which one client fails."""
    feed_id, begun = created(shop.api), created(shop.api)
    set_feed(shop, begun, status=FeedStatus.IN_PROGRESS)
    path = f"{FEEDS}/feeds/{feed_id}"

    refused(shop.other.call("DELETE", path), 404, "NotFound")
    answer = shop.api.call("DELETE", path)

    assert (answer.status_code, answer.json()) == (200, {})
    assert shown(shop.api, feed_id)["processingStatus"] == "CANCELLED"
    assert "is CANCELLED" in refused(shop.api.call("DELETE", path), 400, "InvalidInput")
    told = refused(
        shop.api.call("DELETE", f"{FEEDS}/feeds/{begun}"), 400, "InvalidInput"
    )
    assert "is IN_PROGRESS" in told


def test_a_removed_feed_type_is_taken_and_ends_fatal(shop: Shop) -> None:
    """As it does there since July 2025; through the MWS door it shows _CANCELLED_."""
    feed_id = created(shop.api, feedType="POST_PRODUCT_DATA")

    feed = shown(shop.api, feed_id)
    through_mws = shop.mws.call(
        "GetFeedSubmissionList", {"FeedSubmissionIdList.Id.1": feed_id}
    )

    assert feed["processingStatus"] == "FATAL"
    assert feed["processingEndTime"] == feed["createdTime"]
    assert "resultFeedDocumentId" not in feed
    assert through_mws.text("FeedProcessingStatus") == "_CANCELLED_"
    assert feed_id in listed(
        shop.api, feedTypes="POST_PRODUCT_DATA", processingStatuses="FATAL"
    )


@pytest.mark.parametrize(
    ("status", "given_up", "expected"),
    [
        (FeedStatus.UNCONFIRMED, False, "IN_QUEUE"),
        (FeedStatus.SUBMITTED, True, "IN_QUEUE"),
        (FeedStatus.IN_PROGRESS, True, "IN_PROGRESS"),
        (FeedStatus.IN_SAFETY_NET, False, "IN_PROGRESS"),
        (FeedStatus.AWAITING_ASYNCHRONOUS_REPLY, False, "IN_PROGRESS"),
        (FeedStatus.DONE, True, "FATAL"),
        (FeedStatus.DONE, False, "DONE"),
        (FeedStatus.CANCELLED, False, "CANCELLED"),
    ],
)
def test_each_status_of_mws_has_its_word_here(
    shop: Shop, status: FeedStatus, given_up: bool, expected: str
) -> None:
    """One that was given up is FATAL (design D5); the filter means the same."""
    feed_id = created(shop.api)
    set_feed(shop, feed_id, status=status, given_up=given_up)

    assert shown(shop.api, feed_id)["processingStatus"] == expected
    assert feed_id in listed(
        shop.api, feedTypes=TYPE, processingStatuses=expected, pageSize=100
    )
    others = {"IN_QUEUE", "IN_PROGRESS", "DONE", "FATAL", "CANCELLED"} - {expected}
    assert feed_id not in listed(
        shop.api, feedTypes=TYPE, processingStatuses=",".join(others), pageSize=100
    )


def test_feeds_are_kept_for_ninety_days(shop: Shop) -> None:
    """Older ones are not listed, whatever createdSince says."""
    feed_id = created(shop.api)
    set_feed(shop, feed_id, submitted_at=shop.clock() - timedelta(days=90, seconds=1))

    refused(shop.api.get(f"{FEEDS}/feeds/{feed_id}"), 404, "NotFound")
    assert feed_id not in listed(
        shop.api, feedTypes=TYPE, createdSince="2020-01-01", pageSize=100
    )


def test_a_feed_through_the_mws_door_is_seen_here(shop: Shop) -> None:
    """Under the same id; without marketplaces it is for all of them."""
    submitted = shop.mws.submit(FEED).text("FeedSubmissionId")

    feed = shown(shop.api, submitted)

    assert feed["processingStatus"] == "IN_QUEUE"
    assert "marketplaceIds" not in feed
    assert submitted in listed(shop.api, feedTypes=TYPE, marketplaceIds=US)
    assert shop.api.call("DELETE", f"{FEEDS}/feeds/{submitted}").status_code == 200
    through_mws = shop.mws.call(
        "GetFeedSubmissionList", {"FeedSubmissionIdList.Id.1": submitted}
    )
    assert through_mws.text("FeedProcessingStatus") == "_CANCELLED_"


def test_an_input_document_cannot_be_read_back(shop: Shop) -> None:
    """400, as seen there; what is unknown or foreign is 404."""
    document_id = uploaded(shop.api)
    path = f"{FEEDS}/documents/{document_id}"

    assert "resultFeedDocumentId" in refused(shop.api.get(path), 400, "InvalidInput")
    refused(shop.other.get(path), 404, "NotFound")
    refused(shop.api.get(f"{FEEDS}/documents/x"), 404, "NotFound")
