"""Webhooks: signed, tried again, rotated, sent anew; sent nowhere they may not go."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from standardwebhooks import Webhook, WebhookVerificationError

from app.cli.certificate import certificate
from app.intake.seals import Seals
from app.intake.webhooks import MOST_ENDPOINTS, WebhookDesk, WebhookError
from app.model.event import EventType
from app.model.times import to_iso
from app.notifications import Courier
from app.store.backends import Database, open_database
from app.store.tables import audit_link, webhook_endpoint
from tests.held import HeldClock, held_ids
from tests.queued import SELLER
from tests.webhooks.conftest import LOCAL, drain
from tests.webhooks.receiver import Receiver, receiver

DONE = (EventType.FEED_DONE,)

CourierOf = Callable[..., Courier]
Happen = Callable[..., None]


def test_an_event_arrives_signed(
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
    clock: HeldClock,
) -> None:
    """The library that receivers use verifies it; another secret does not."""
    made = desk.add(SELLER, ears.url + "?shop=1", DONE)
    other = desk.add(SELLER, ears.url, (EventType.ORDER_SHIPPED,))
    happen("1")

    assert drain(courier_of()) == 1

    (got,) = ears.received
    assert got.path == "/hooks?shop=1"
    assert got.headers["content-type"] == "application/json"
    assert got.verified_by(made.secret) == {
        "type": "feed.done",
        "timestamp": to_iso(clock()),
        "data": {"feed": "1"},
    }
    with pytest.raises(WebhookVerificationError):
        got.verified_by(other.secret)
    (delivery,) = desk.deliveries(made.endpoint.endpoint_id, 10)
    assert (delivery.unique_id, delivery.status, delivery.attempts) == (
        *(got.id, "sent"),
        1,
    )


def test_a_failed_one_is_tried_again_after_a_pause_under_its_id(
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
    clock: HeldClock,
) -> None:
    """500, a redirect, then taken; the others wait, and nothing follows a redirect."""
    endpoint = desk.add(SELLER, ears.url, DONE).endpoint
    courier = courier_of()
    ears.statuses = [500, 302]
    happen("1", "2")

    for pause, error in (
        (2, "HTTP 500"),
        (4, "HTTP 302: redirects are not followed"),
    ):
        assert drain(courier) == 1
        first = desk.deliveries(endpoint.endpoint_id, 10)[-1]
        assert (first.status, first.last_error) == ("waiting", error)
        assert first.run_after == clock() + timedelta(seconds=pause)
        clock.advance(pause)
    assert drain(courier) == 2

    assert ears.ids[0] == ears.ids[1] == ears.ids[2] != ears.ids[3]
    assert {each.path for each in ears.received} == {"/hooks"}
    assert [
        (each.status, each.attempts, each.last_error)
        for each in desk.deliveries(endpoint.endpoint_id, 10)
    ] == [("sent", 1, None), ("sent", 3, None)]


def test_two_secrets_sign_until_the_overlap_is_over(
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
    clock: HeldClock,
) -> None:
    """Whoever has the old or the new one verifies; later the new one alone."""
    first = desk.add(SELLER, ears.url, DONE)
    second = desk.rotate(first.endpoint.endpoint_id, timedelta(seconds=60))
    courier = courier_of()

    happen("1")
    drain(courier)
    clock.advance(60)
    happen("2")
    drain(courier)

    during, after = ears.received
    for secret in (first.secret, second.secret):
        assert during.verified_by(secret)["data"] == {"feed": "1"}
    assert len(during.headers["webhook-signature"].split()) == 2
    assert after.verified_by(second.secret)["data"] == {"feed": "2"}
    with pytest.raises(WebhookVerificationError):
        after.verified_by(first.secret)


def test_a_delivery_is_sent_again_by_hand(
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
    clock: HeldClock,
) -> None:
    """Also one that was given up; under its id, signed anew, for three days anew."""
    made = desk.add(SELLER, ears.url, DONE)
    courier = courier_of()
    ears.statuses = [503, 503, 503]
    happen("1")
    drain(courier)
    clock.advance(73 * 3600)
    drain(courier)
    (lost,) = desk.deliveries(made.endpoint.endpoint_id, 10)
    assert (lost.status, lost.last_error) == ("given up", "HTTP 503")

    desk.resend(lost.unique_id)
    with pytest.raises(WebhookError, match="is waiting already"):
        desk.resend(lost.unique_id)
    drain(courier)
    assert desk.deliveries(made.endpoint.endpoint_id, 10)[0].status == "waiting"
    clock.advance(2)
    drain(courier)

    (found,) = desk.deliveries(made.endpoint.endpoint_id, 10)
    assert (found.status, found.attempts) == ("sent", 2)
    assert set(ears.ids) == {lost.unique_id}
    last = ears.received[-1]
    moment = datetime.fromtimestamp(int(last.headers["webhook-timestamp"]), UTC)
    assert moment == clock()
    assert last.headers["webhook-signature"] == Webhook(made.secret).sign(
        last.id, moment, last.body
    )


def test_a_disabled_endpoint_waits_and_a_removed_one_gives_up(
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
    clock: HeldClock,
) -> None:
    """Nothing new is queued meanwhile; what waited goes at once when it is enabled."""
    endpoint_id = desk.add(SELLER, ears.url, DONE).endpoint.endpoint_id
    courier = courier_of()
    happen("1")
    desk.disable(endpoint_id)
    happen("2")
    drain(courier)
    assert desk.deliveries(endpoint_id, 10)[0].last_error == "the endpoint is disabled"
    desk.enable(endpoint_id)
    drain(courier)
    assert [json.loads(each.body)["data"] for each in ears.received] == [{"feed": "1"}]

    happen("3")
    desk.remove(endpoint_id)

    assert drain(courier) == 0
    assert len(ears.received) == 1
    with pytest.raises(WebhookError, match="no endpoint"):
        desk.deliveries(endpoint_id, 10)
    with pytest.raises(WebhookError, match="was removed"):
        desk.resend(ears.ids[0])


TARGETS = {
    "http://127.0.0.1/": "127.0.0.1 is not a public address",
    "https://10.1.2.3/": "10.1.2.3 is not a public address",
    "https://[::1]:9/": "::1 is not a public address",
    "https://169.254.169.254/latest/meta-data": "169.254.169.254 is not",
    "https://localhost/": "is not a public address",
    "https://2130706433/": "127.0.0.1 is not a public address",
    "https://0x7f.1/": "127.0.0.1 is not a public address",
    "https://[::ffff:10.0.0.1]/": "is not a public address",
    "https://[64:ff9b::7f00:1]/": "is not a public address",
    "https://[2002:7f00:1::]/": "is not a public address",
    "https://[fec0::1]/": "is not a public address",
    "https://0.0.0.0/": "is not a public address",
    "https://224.0.0.1/": "is not a public address",
    "https://100.64.0.1/": "is not a public address",
    "http://192.88.98.1/": "plain http; use https",
    "ftp://shop.example/": "it is no URL such as",
    "https://user:hunter2@shop.example/": "it has a user",
    "https://shop.example:0/": "port 0",
    "https://shop.example:70000/": "it is no URL",
    "https://" + "a" * 64 + ".example/": "no name that can be looked up",
}


@pytest.mark.parametrize(("url", "reason"), TARGETS.items())
def test_targets_that_nothing_may_go_to(
    url: str, reason: str, sqlite_url: str, seals: Seals, clock: HeldClock
) -> None:
    """Refused when it is made, by the address that its name stands for."""
    database = open_database(sqlite_url)
    desk = WebhookDesk(database, seals, (), clock, held_ids())

    with pytest.raises(WebhookError) as refused:
        desk.add(SELLER, url)

    database.close()
    assert reason in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_an_address_is_looked_at_again_with_each_attempt(
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
) -> None:
    """The operator may have withdrawn it, or the name may stand for another now."""
    endpoint = desk.add(SELLER, ears.url, DONE).endpoint
    happen("1")

    drain(courier_of(networks=()))

    (delivery,) = desk.deliveries(endpoint.endpoint_id, 10)
    assert delivery.last_error == (
        "the target is refused: 127.0.0.1 is not a public address "
        "(FEEDGATE_WEBHOOK_NETWORKS)"
    )
    assert ears.received == []


def test_the_certificate_of_the_receiver_is_verified(
    desk: WebhookDesk,
    courier_of: CourierOf,
    happen: Happen,
    clock: HeldClock,
    tmp_path: Path,
) -> None:
    """With its authority it is trusted, without it nothing is sent."""
    certificate(tmp_path)
    with receiver(tmp_path / "server.pem", tmp_path / "server.key") as ears:
        endpoint = desk.add(SELLER, ears.url, DONE)
        happen("1")
        drain(courier_of())
        (delivery,) = desk.deliveries(endpoint.endpoint.endpoint_id, 10)
        assert "CERTIFICATE_VERIFY_FAILED" in str(delivery.last_error)
        assert ears.received == []

        clock.advance(2)
        drain(courier_of(LOCAL, tmp_path / "authority.pem"))

        assert ears.received[0].verified_by(endpoint.secret)


def test_couriers_that_race_send_each_once(
    desk: WebhookDesk, ears: Receiver, courier_of: CourierOf, happen: Happen
) -> None:
    """Of two workers each message has one."""
    desk.add(SELLER, ears.url, DONE)
    couriers = [courier_of(), courier_of()]
    happen(*map(str, range(20)))

    with ThreadPoolExecutor(2) as pool:
        steps = sum(pool.map(drain, couriers))

    assert steps == len(ears.ids) == len(set(ears.ids)) == 20


def test_secrets_are_sealed_and_reach_no_log(
    database: Database,
    desk: WebhookDesk,
    ears: Receiver,
    courier_of: CourierOf,
    happen: Happen,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither the table, nor the audit log, nor a line of the log has one."""
    caplog.set_level(logging.DEBUG)
    made = desk.add(SELLER, f"{ears.url}?token=hunter2", DONE)
    again = desk.rotate(made.endpoint.endpoint_id, timedelta(hours=1))
    ears.statuses = [500]
    happen("1")
    drain(courier_of())

    with database.read() as connection:
        (row,) = connection.execute(select(webhook_endpoint)).all()
        links = connection.execute(select(audit_link.c.kind, audit_link.c.content))
        told = links.all()
    assert [kind for kind, _ in told] == ["CreateWebhook", "RotateWebhookSecret"]
    ours = [each for each in caplog.records if each.name.startswith("app.")]
    assert "HTTP 500" in caplog.text
    for secret in (made.secret, again.secret):
        assert secret.removeprefix("whsec_") not in f"{row} {told} {caplog.text}"
    assert "hunter2" not in f"{told} {[each.getMessage() for each in ours]}"


def test_an_endpoint_needs_a_seller_and_there_is_a_most(desk: WebhookDesk) -> None:
    """Mistakes are told in a sentence."""
    with pytest.raises(WebhookError, match='no seller "A1NOBODY000001"'):
        desk.add("A1NOBODY000001", "https://127.0.0.1/")
    for _ in range(MOST_ENDPOINTS):
        desk.add(SELLER, "https://127.0.0.1/")
    with pytest.raises(WebhookError, match=f"has {MOST_ENDPOINTS} endpoints"):
        desk.add(SELLER, "https://127.0.0.1/")
