"""The figures of an account, and the warning of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from app.engine.batch import Batch, apply
from app.engine.writing import write_orders
from app.intake.accounts import AccountError, Accounts
from app.intake.health import HealthDesk
from app.intake.health_watch import HealthWatch
from app.intake.order_import import import_orders
from app.model.effects import CancelItem
from app.model.order import Order
from app.store import desk_notes
from app.store.backends import Database
from app.store.desk_notes import DeskNote
from app.store.orders import load_orders
from app.store.outbox import list_mails
from tests.held import HeldClock
from tests.orders.examples import CODE_A, ORDER_ID, SELLER, file_of, item, order


@pytest.fixture(autouse=True)
def orders(database: Database, accounts: Accounts, clock: HeldClock) -> None:
    """Four orders that count, two of them cancelled in part; one for the request."""
    accounts.create_seller("Mugs", SELLER)
    accounts.set_contact(SELLER, "me@shop.example")
    half = {"items": [item(quantity_cancelled=1)]}
    told = {"amazon_order_item_code": CODE_A, "quantity": 1, "reason": "BuyerCanceled"}
    placed: list[dict[str, object]] = [
        {},
        {**half, "cancellations": [told]},
        {**half, "cancellations": [told], "buyer_requested_cancel": "too late"},
        {"items": [item(quantity_shipped=3, refunded={"Principal": "10.00"})]},
        {**half, "fulfillment_channel": "AFN"},
        {**half, "purchase_date": "2026-11-17T23:59:59Z"},
    ]
    day: dict[str, object] = {"purchase_date": "2026-11-18T00:00:00Z"}
    dated = [day | each for each in placed]
    file = file_of(*(order(f"{ORDER_ID[:-1]}{n}", **v) for n, v in enumerate(dated)))
    import_orders(database, file, SELLER, source="import 1", now=clock())


def test_the_rate_counts_what_the_seller_cancelled_in_seven_days(
    database: Database, clock: HeldClock
) -> None:
    """Left out: the official request, the marketplace's own order, the day before."""
    health = HealthDesk(database, clock).health(SELLER, days=8)

    assert (health.rate.cancelled, health.rate.counted) == (1, 4)
    assert health.rate.percent == Decimal("25.00")
    assert not health.rate.is_on_target
    assert [(r.cancelled, r.counted) for r in health.series] == [
        *[(1, 1)] * 1,
        *[(2, 5)] * 6,
        (1, 4),
    ]
    (behind,) = health.cancelled_orders
    assert behind.reasons == ("BuyerCanceled",)
    assert (health.charged_orders, health.refund_percent) == (1, Decimal("100.00"))
    assert [(r.currency, r.amount) for r in health.refunds] == [
        ("USD", Decimal("10.00"))
    ]


def test_a_crossing_is_warned_of_once(database: Database, clock: HeldClock) -> None:
    """Once it has ended, the next crossing is another."""
    watch = HealthWatch(database, clock, warn=Decimal("2.0"), seconds=60)

    for seconds in (61, 61, 86_400 * 30, 61):
        watch.step(lambda: False)
        clock.advance(seconds)

    with database.read() as connection:
        (mail,) = list_mails(connection, SELLER, limit=10)
    assert mail.recipient == "me@shop.example"
    assert '"rate": "25.00"' in (mail.content or "")


def test_each_crossing_is_warned_of_in_the_language_of_the_contact(
    database: Database, accounts: Accounts, clock: HeldClock
) -> None:
    """Two workers look at once, again and again: one mail a crossing."""
    accounts.set_contact(SELLER, "me@shop.example", "zh_Hans")
    watches = [
        HealthWatch(database, clock, warn=Decimal("2.0"), seconds=60) for _ in range(2)
    ]

    def look() -> int:
        for watch in watches:
            watch.step(lambda: False)
        clock.advance(61)
        with database.read() as connection:
            return len(list_mails(connection, SELLER, limit=10))

    first = [look(), look()]
    clock.advance(86_400 * 30)
    ended = look()
    day = clock().isoformat()
    late = order(
        f"{ORDER_ID[:-1]}9",
        purchase_date=day,
        items=[item(quantity_cancelled=1)],
    )
    import_orders(database, file_of(late), SELLER, source="import 2", now=clock())
    second = [look(), look()]

    assert (first, ended, second) == ([1, 1], 1, [2, 2])
    with database.read() as connection:
        mails = list_mails(connection, SELLER, limit=10)
    assert all('"language": "zh_Hans"' in (mail.content or "") for mail in mails)


def test_a_contact_has_a_language_that_mails_are_written_in(
    accounts: Accounts,
) -> None:
    """The sentence names them."""
    with pytest.raises(AccountError, match="'xx', but in en, de, fr, zh_Hans"):
        accounts.set_contact(SELLER, "me@shop.example", "xx")


def test_what_the_desk_cancelled_has_the_reason_chosen_there(
    database: Database, clock: HeldClock, add_feed: Callable[..., int]
) -> None:
    """The feed's own reason stays for what a feed cancelled; of two feeds, both."""
    order_id = f"{ORDER_ID[:-1]}0"
    for number, reason in enumerate(("PricingError", None)):
        feed = add_feed()
        cancelled = CancelItem(CODE_A, 1, ("CustomerCancel", "NoInventory")[number])
        with database.write() as connection:
            if reason is not None:
                note = DeskNote(
                    feed, SELLER, order_id, f"{number}", "cancel", "ada", reason
                )
                desk_notes.add(connection, note)
            read = load_orders(connection, SELLER, [order_id], history=True)[order_id]
            write_orders(
                connection,
                SELLER,
                batch_of(read, cancelled, number + 1),
                source=f"feed {feed}",
                cause="desk ada",
                now=clock(),
                mails=(),
            )

    health = HealthDesk(database, clock).health(SELLER)

    (behind,) = (
        each for each in health.cancelled_orders if each.amazon_order_id == order_id
    )
    assert behind.reasons == ("CustomerCancel", "NoInventory")
    assert set(behind.chosen) == {"PricingError", "NoInventory"}


def batch_of(order: Order, effect: CancelItem, place: int) -> Batch:
    """Return a batch with one effect on an order."""
    batch = Batch(before={order.amazon_order_id: order})
    apply(batch, order, [effect], place, "1")
    return batch
