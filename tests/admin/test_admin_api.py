"""The Admin API: keys and scopes, orders, accounts, submissions, faults."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from app.intake.admin_keys import Scope
from app.store import audit
from app.store.tables import effect
from benchmarks.feeds import SELLER_ID, write_feed
from tests.admin.conftest import OTHER_ID, World, orders_of
from tests.running import wait_until_done

ORDERS = f"/sellers/{SELLER_ID}/orders"

READS = {
    Scope.ORDERS_READ: ORDERS,
    Scope.SUBMISSIONS_READ: f"/sellers/{SELLER_ID}/submissions",
    Scope.ACCOUNTS_READ: "/sellers",
    Scope.EFFECTS_READ: "/effects",
}


def test_a_key_may_do_what_its_scopes_say_and_no_more(world: World) -> None:
    """401 and 403 say what is missing, in the words of RFC 6750."""
    for scope, path in READS.items():
        _, key = world.keys.create("one", [scope])
        for other, asked in READS.items():
            answer = world.call("GET", asked, key)
            assert answer.status_code == (200 if other is scope else 403), asked
            if other is not scope:
                challenge = answer.headers["www-authenticate"]
                assert f'error="insufficient_scope", scope="{other}"' in challenge
        for path in (ORDERS, "/sellers", f"/sellers/{SELLER_ID}/access-keys"):
            given = {"name": "Shop"} if path == "/sellers" else []
            assert world.call("POST", path, key, json=given).status_code == 403


def test_keys_that_are_wrong_revoked_or_over_are_refused_at_once(world: World) -> None:
    """Their text is in no answer and no log; the operator's chain has the ids."""
    revoked, revoked_text = world.keys.create("gone", [Scope.EFFECTS_READ])
    assert world.call("GET", "/effects", revoked_text).status_code == 200
    world.keys.revoke(revoked.key_id)
    _, over = world.keys.create("over", [Scope.EFFECTS_READ], timedelta(0))
    planted = "PLANTEDSECRET0123456789"
    wrong = [revoked_text, over, planted, world.key[:-1] + "~", f"{world.key}x"]

    for text in wrong:
        answer = world.call("GET", "/effects", text)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert text not in answer.text
    bare = httpx.get(f"{world.url}/admin/v1/effects")
    assert bare.headers["www-authenticate"] == 'Bearer realm="feedgate admin"'
    log = (world.folder / "log").read_text()
    assert "admin_key=" in log
    secrets = [text.partition(".")[2] or text for text in [*wrong, world.key]]
    assert not [each for each in secrets if each in log]
    with world.database.read() as connection:
        links = audit.links(connection, audit.OPERATOR)
    kinds = [link.kind for link in links if revoked.key_id in link.content]
    assert kinds == ["CreateAdminKey", "RevokeAdminKey"]
    assert not [each for each in secrets if each in str(links)]


def test_a_reader_that_waits_ends_with_its_key(world: World) -> None:
    """A revocation does not wait for the end of a long poll; without news it ends."""
    key, text = world.keys.create("waits", [Scope.EFFECTS_READ])
    quiet = {"after": "newest", "wait": "10"}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(world.call, "GET", "/effects", text, params=quiet)
        with pytest.raises(TimeoutError):
            waiting.result(0.5)
        world.keys.revoke(key.key_id)
        assert waiting.result().status_code == 401
    none = world.get("/effects", after="newest", wait=0.3).json()
    assert none["effects"] == []
    assert world.get("/effects", after=none["next"]).json() == none
    assert world.get("/effects", wait=11).json()["errors"][0]["path"] == "query.wait"


def test_orders_go_in_once_all_or_none(world: World) -> None:
    """The same again changes nothing; other content and faults change nothing too."""
    orders = orders_of(world.folder, 20)

    one = world.call("POST", ORDERS, json=orders[0])
    all_of_them = world.call("POST", ORDERS, json=orders)
    again = world.call("POST", ORDERS, json=orders)
    known = {**orders[3], "buyer": {"name": "Other", "email": "o@example.com"}}
    new = {**orders[4], "amazon_order_id": "026-7654321-7654321"}
    conflict = world.call("POST", ORDERS, json=[new, known])
    item = {**orders[0]["items"][0], "quantity_ordered": -1}
    invalid = world.call("POST", ORDERS, json=[new, {**new, "items": [item]}])

    assert one.json() == {"added": 1, "unchanged": 0}
    assert all_of_them.json() == {"added": 19, "unchanged": 1}
    assert again.json() == {"added": 0, "unchanged": 20}
    assert conflict.status_code == 409
    assert conflict.json()["errors"][0]["amazon_order_id"] == known["amazon_order_id"]
    assert invalid.status_code == 422
    assert invalid.json()["errors"][0]["path"] == "items[0].quantity_ordered"
    assert world.get(f"{ORDERS}/{new['amazon_order_id']}").status_code == 404
    with world.database.read() as connection:
        causes = set(
            connection.scalars(
                select(effect.c.cause).where(effect.c.kind == "ImportOrder")
            )
        )
        links = audit.links(connection, SELLER_ID)
    cause = f"admin {world.key.partition('.')[0]}"
    assert causes == {cause} == {link.cause for link in links}


def test_bodies_that_are_no_orders_are_refused(world: World) -> None:
    """By type, size and form; a body that breaks off puts nothing in."""
    xml = {"Content-Type": "text/xml"}
    plain = {"Content-Type": "application/json"}

    def send(content: bytes, headers: dict[str, str] = plain) -> int:
        return world.call("POST", ORDERS, content=content, headers=headers).status_code

    assert send(b"<a/>", xml) == 415
    assert send(b"<a/>") == send(b"") == send(b" \n") == send(b"7") == 400
    assert send(b"[{]") == send(b"[{}") == send(b"[\xff]") == 422
    assert send(b"[" + b" " * 1_000_000) == 413
    assert world.call("POST", "/sellers", json={"name": "x" * 3000}).status_code == 413
    before = world.get(ORDERS).json()
    order = {**orders_of(world.folder, 1)[0], "amazon_order_id": "026-1111111-1111111"}
    whole = json.dumps([order]).encode()
    address = urlsplit(world.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(
            f"POST /admin/v1{ORDERS} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {world.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(whole) + 9}\r\n\r\n".encode()
            + whole
        )
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)
    assert world.get(ORDERS).json() == before


def test_refusals_say_what_would_be_right(world: World) -> None:
    """A path, a method and a type of body that there is not."""
    nowhere = world.get("/nothing")
    method = world.call("PUT", "/sellers")
    form = world.call("POST", "/sellers", data={"name": "Shop"})
    untyped = world.call("POST", "/sellers", content=b'{"name": "Shop"}')
    empty = world.call("POST", "/sellers", json=[])

    answers = [nowhere, method, form, untyped, empty]
    assert [each.status_code for each in answers] == [404, 405, 415, 415, 422]
    for each in (nowhere, method):
        assert "/admin/v1/openapi.json lists what" in each.json()["detail"]
    assert method.json()["detail"].startswith("PUT is not taken here")
    given = '"application/x-www-form-urlencoded" is not taken'
    assert given in form.json()["detail"]
    assert "send application/json" in untyped.json()["detail"]
    assert empty.json()["errors"][0]["path"] == "body"


def test_orders_are_read_page_by_page_by_their_seller(world: World) -> None:
    """Each once, newest first; filters hold, and no other seller has them."""
    world.call("POST", ORDERS, json=orders_of(world.folder, 20))
    seen: list[str] = []
    query: dict[str, object] = {"limit": 7}
    while True:
        page = world.get(ORDERS, **query).json()
        seen += [order["amazon_order_id"] for order in page["orders"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]

    assert len(seen) == len(set(seen)) == 20
    assert world.get(ORDERS, status="Shipped").json() == {"orders": [], "next": None}
    assert world.get(ORDERS, before="2026-10-01T00:00:00Z").json()["orders"] == []
    assert len(world.get(ORDERS, text=seen[3]).json()["orders"]) == 1
    assert world.get(f"{ORDERS}/{seen[0]}").json()["amazon_order_id"] == seen[0]
    others = f"/sellers/{OTHER_ID}/orders"
    assert world.get(others).json()["orders"] == []
    assert world.get(f"{others}/{seen[0]}").status_code == 404
    assert world.get("/effects", seller_id=OTHER_ID).json()["effects"] == []
    assert world.get("/sellers/A1NOBODY000001/orders").status_code == 404
    over = world.get(ORDERS, limit=501)
    assert (over.status_code, over.json()["errors"][0]["value"]) == (422, "501")
    assert world.get(ORDERS, after="x").status_code == 422


def test_accounts_are_made_and_their_keys_renewed(world: World) -> None:
    """Secrets are shown once; a revoked key does not sign any more."""
    made = world.call("POST", "/sellers", json={"name": "New"}).json()
    path = f"/sellers/{made['seller_id']}"
    rotated = world.call("POST", f"{path}/access-keys")
    ended = world.call("DELETE", f"/access-keys/{made['access_key']}")
    again = world.call("DELETE", f"/access-keys/{made['access_key']}")
    shown = world.get(path)
    taken = world.call("POST", "/sellers", json={"name": "x", "seller_id": OTHER_ID})
    wrong = world.call("POST", "/sellers", json={"name": "x", "marketplace_ids": ["M"]})

    assert rotated.status_code == 201
    assert (ended.status_code, again.status_code) == (204, 404)
    keys = {
        k["access_key"]: k["revoked_at"] is None for k in shown.json()["access_keys"]
    }
    assert keys == {made["access_key"]: False, rotated.json()["access_key"]: True}
    assert made["secret"] not in shown.text
    assert (taken.status_code, wrong.status_code) == (409, 422)
    assert shown.json() in world.get("/sellers").json()["sellers"]
    with world.database.read() as connection:
        causes = {link.cause for link in audit.links(connection, made["seller_id"])}
    assert causes == {f"admin {world.key.partition('.')[0]}"}


def test_sellers_are_listed_page_by_page(world: World) -> None:
    """Each once, by id, with what is theirs; a page asks the database for a page."""
    for number in range(5):
        seller = {
            "name": "Many",
            "seller_id": f"A1MANY{number:08d}",
            "merchant_tokens": [f"M_{number}", f"A_{number}"],
        }
        assert world.call("POST", "/sellers", json=seller).status_code == 201
    world.call("POST", "/sellers/A1MANY00000002/access-keys")
    everyone = world.get("/sellers").json()
    seen: list[dict[str, Any]] = []
    query: dict[str, object] = {"limit": 2}
    while True:
        page = world.get("/sellers", **query).json()
        seen += page["sellers"]
        assert len(page["sellers"]) <= 2
        if page["next"] is None:
            break
        query["after"] = page["next"]

    ids = [each["seller_id"] for each in seen]
    assert everyone == {"sellers": seen, "next": None}
    assert ids == sorted(set(ids))
    many = [each for each in seen if each["name"] == "Many"]
    assert [each["merchant_tokens"] for each in many] == [
        [f"A_{number}", f"M_{number}"] for number in range(5)
    ]
    assert [len(each["access_keys"]) for each in many] == [1, 1, 2, 1, 1]
    assert many == [world.get(f"/sellers/{each['seller_id']}").json() for each in many]
    assert world.get("/sellers", after=ids[-1]).json() == {"sellers": [], "next": None}


def test_submissions_are_shown_with_report_and_document(world: World) -> None:
    """The feed comes back byte for byte; a report that is not ready is no 5xx."""
    world.call("POST", ORDERS, json=orders_of(world.folder, 20))
    feed = world.folder / "cancel.xml"
    write_feed(feed, "cancel", 1, 20)
    end = world.get("/effects", after="newest").json()["next"]
    with world.sellers[0].client(world.url) as client:
        number = client.submit(feed, "_POST_ORDER_ACKNOWLEDGEMENT_DATA_")
        wait_until_done(client, number)
    path = f"/sellers/{SELLER_ID}/submissions"

    told = world.get("/effects", after=end, wait=10).json()["effects"]
    listed = world.get(path, status="_DONE_").json()["submissions"]
    report = world.get(f"{path}/{number}/report")

    assert [each["feed_submission_id"] for each in listed] == [number]
    assert world.get(f"{path}/{number}").json() == listed[0]
    assert world.get(f"{path}/{number}/document").content == feed.read_bytes()
    assert b"<MessagesSuccessful>1<" in report.content
    others = f"/sellers/{OTHER_ID}/submissions/{number}"
    for each in ("", "/report", "/document"):
        assert world.get(others + each).status_code == 404
    assert [each["feed_submission_id"] for each in told] == [number]
    assert (told[0]["kind"], told[0]["message_id"]) == ("CancelItem", "1")


@pytest.mark.filterwarnings("default")
def test_no_call_breaks_what_openapi_says(world: World) -> None:
    """Generated calls: no 5xx, no status, type or body that is not described."""
    schema = schemathesis.openapi.from_url(f"{world.url}/admin/v1/openapi.json")
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    headers = {"Authorization": f"Bearer {world.key}"}
    asked = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found.err()
        operation = found.ok()

        @examples(max_examples=8, deadline=None, suppress_health_check=[*HealthCheck])
        @given(case=operation.as_strategy(), wait=st.just(0))
        def call(case: schemathesis.Case[Any], wait: float) -> None:
            if "wait" in case.query:
                case.query["wait"] = wait
            asked.add(case.operation.label)
            case.call_and_validate(headers=headers, checks=checks, timeout=30)

        call()
    assert len(asked) == 13
