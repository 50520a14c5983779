"""The outbox: e-mails written with the effects that cause them, sent by workers.

A mail in hand has an owner on the roster of workers; the number of its claims fences
it, so that whoever lost it settles nothing. What cannot be sent waits longer and
longer, behind everything that has not been tried (the index is by `run_after`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, or_, select, update
from sqlalchemy import tuple_ as pair

from app.model.effects import Effect, read_effect
from app.model.mail import MailKind, MailState
from app.store import bulk, tables
from app.store.backends import Database
from app.store.roster import Roster
from app.store.tables import bind_moment, effect, outbox, worker

_mail = outbox.c


class NewMail(NamedTuple):
    """A mail about what the message at `place` of `source` did, or with `content`."""

    source: str
    place: int
    kind: MailKind
    recipient: str
    amazon_order_id: str | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """A mail as it stands: waiting, sent, or given up; `error` is what went wrong."""

    outbox_id: int
    seller_id: str
    source: str
    place: int
    kind: MailKind
    recipient: str
    amazon_order_id: str | None
    content: str | None
    created_at: datetime
    attempts: int
    run_after: datetime
    sent_at: datetime | None
    given_up_at: datetime | None
    error: str | None

    @property
    def state(self) -> MailState:
        """How far the mail has come."""
        if self.sent_at is not None:
            return MailState.SENT
        return MailState.WAITING if self.given_up_at is None else MailState.GIVEN_UP


_COLUMNS = tuple(outbox.c[name] for name in OutboxMail.__slots__)


def add_mails(
    connection: Connection, seller_id: str, mails: Sequence[NewMail], now: datetime
) -> None:
    """Put mails of a seller into the outbox.

    Raises IntegrityError if one of (source, place, kind) is there already.
    """
    moment = bind_moment(now, connection.dialect.name)
    bulk.insert(
        connection,
        tables.outbox,
        ("seller_id", *NewMail._fields, "created_at", "run_after"),
        [(seller_id, *mail, moment, moment) for mail in mails],
    )


def read_told(connection: Connection, mail: OutboxMail) -> list[Effect]:
    """Return the effects that a mail tells of, in their order."""
    query = (
        select(effect.c.kind, effect.c.content)
        .where(
            effect.c.source == mail.source,
            effect.c.place == mail.place,
            effect.c.seller_id == mail.seller_id,
        )
        .order_by(effect.c.position)
    )
    return [read_effect(row.kind, row.content) for row in connection.execute(query)]


def list_mails(
    connection: Connection,
    seller_id: str,
    *,
    limit: int,
    amazon_order_id: str | None = None,
    state: MailState | None = None,
    before: int | None = None,
) -> list[OutboxMail]:
    """Return a seller's mails, newest first, of one order or of all, of one state.

    `before` goes on behind the mail of that outbox_id.
    """
    query = select(*_COLUMNS).where(_mail.seller_id == seller_id)
    if amazon_order_id is not None:
        # By way of the ledger, which has an index by order: the outbox needs none.
        told = select(effect.c.source, effect.c.place).where(
            effect.c.seller_id == seller_id,
            effect.c.amazon_order_id == amazon_order_id,
        )
        query = query.where(
            _mail.amazon_order_id == amazon_order_id,
            pair(_mail.source, _mail.place).in_(told),
        )
    if state is not None:
        query = query.where(
            _mail.sent_at.is_not(None)
            if state is MailState.SENT
            else _mail.sent_at.is_(None),
            _mail.given_up_at.is_not(None)
            if state is MailState.GIVEN_UP
            else _mail.given_up_at.is_(None),
        )
    if before is not None:
        query = query.where(_mail.outbox_id < before)
    query = query.order_by(_mail.outbox_id.desc()).limit(limit)
    return [_read(row) for row in connection.execute(query)]


def find_mail(
    connection: Connection, seller_id: str, outbox_id: int
) -> OutboxMail | None:
    """Return one of a seller's mails, or None."""
    query = select(*_COLUMNS).where(
        _mail.seller_id == seller_id, _mail.outbox_id == outbox_id
    )
    row = connection.execute(query).first()
    return None if row is None else _read(row)


class Outbox:
    """The waiting mails as the workers of one process see them."""

    def __init__(self, database: Database, roster: Roster) -> None:
        """Claim in the name of whoever `roster` says this process is."""
        self._database = database
        self._roster = roster

    def claim(self, now: datetime, *, limit: int) -> list[OutboxMail]:
        """Take some mails that are due, those that wait longest first.

        Few at a time: the transaction is short, and a worker that dies delays few.
        """
        owner = self._roster.worker_id
        if owner is None:
            return []
        # Look before SQLite is locked for writing: idle workers disturb nobody.
        with self._database.read() as connection:
            if connection.execute(_claimable(now, 1)).first() is None:
                return []
        with self._database.write() as connection:
            query = _claimable(now, limit).with_for_update(skip_locked=True)
            due = list(connection.scalars(query))
            taken = connection.execute(
                update(outbox)
                .where(_mail.outbox_id.in_(due))
                .values(owner=owner, attempts=_mail.attempts + 1)
                .returning(*_COLUMNS)
            )
            mails = [_read(row) for row in taken]
        return sorted(mails, key=lambda mail: (mail.run_after, mail.outbox_id))

    def is_mine(self, mail: OutboxMail) -> bool:
        """Whether a claimed mail is still in hand: it is asked just before sending."""
        query = select(_mail.outbox_id).where(*self._in_hand(mail))
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def sent(self, mail: OutboxMail, now: datetime) -> bool:
        """Note that the mail server took a mail; False if another worker has it."""
        return self._let_go(mail, sent_at=now, error=None)

    def retry(self, mail: OutboxMail, run_after: datetime, error: str) -> bool:
        """Leave a mail for later, with the reason why."""
        return self._let_go(mail, run_after=run_after, error=error)

    def give_up(self, mail: OutboxMail, now: datetime, error: str) -> bool:
        """End a mail that cannot be sent, with the reason why."""
        return self._let_go(mail, given_up_at=now, error=error)

    def give_back(self, mails: Iterable[OutboxMail]) -> None:
        """Let mails go as if they had not been claimed, in one transaction."""
        given = list(mails)
        if not given:
            return
        with self._database.write() as connection:
            for mail in given:
                self._release(connection, mail, attempts=mail.attempts - 1)

    def _in_hand(self, mail: OutboxMail) -> tuple[Any, ...]:
        return (
            _mail.outbox_id == mail.outbox_id,
            _mail.attempts == mail.attempts,
            _mail.owner == self._roster.worker_id,
            _mail.sent_at.is_(None),
        )

    def _let_go(self, mail: OutboxMail, **values: Any) -> bool:
        with self._database.write() as connection:
            return self._release(connection, mail, **values)

    def _release(self, connection: Connection, mail: OutboxMail, **values: Any) -> bool:
        statement = update(outbox).where(*self._in_hand(mail))
        changed = connection.execute(statement.values(owner=None, **values))
        return changed.rowcount == 1


def _claimable(now: datetime, limit: int) -> Select[tuple[int]]:
    alive = select(worker.c.worker_id)
    return (
        select(_mail.outbox_id)
        .where(
            and_(_mail.sent_at.is_(None), _mail.given_up_at.is_(None)),
            _mail.run_after <= now,
            or_(_mail.owner.is_(None), _mail.owner.not_in(alive)),
        )
        .order_by(_mail.run_after)
        .limit(limit)
    )


def _read(row: Row[Any]) -> OutboxMail:
    return OutboxMail(**(dict(row._mapping) | {"kind": MailKind(row.kind)}))
