"""What a button of the desk says beside the document of its feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, String, and_, cast, literal, select
from sqlalchemy import func as sql
from sqlalchemy.dialects import postgresql, sqlite

from app.model.effects import CancelItem, read_effect
from app.model.feed import FeedStatus
from app.store.tables import desk_submission, effect, feed_submission

_note = desk_submission.c


class TokenUsed(Exception):
    """A form of that token was submitted before: nothing more is to be queued."""


@dataclass(frozen=True, slots=True)
class DeskNote:
    """One submission of the desk.

    `form_token` names the state of the order that the form was made for. `reason` is
    what was chosen, which the document cannot always carry; `memo` is for the seller's
    own eyes.
    """

    feed_submission_id: int
    seller_id: str
    amazon_order_id: str
    form_token: str
    action: str
    login: str
    reason: str | None = None
    memo: str | None = None


_COLUMNS = tuple(_note[name] for name in DeskNote.__dataclass_fields__)


def add(connection: Connection, note: DeskNote) -> None:
    """Keep a note; raises TokenUsed if a form of its token was submitted before."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(desk_submission).values(
        {name: getattr(note, name) for name in DeskNote.__dataclass_fields__}
    )
    # Two that come at once: the later one waits here, and finds the first one's row.
    # A returned row tells, and no row count: PostgreSQL's driver has none of it.
    added = statement.on_conflict_do_nothing().returning(_note.feed_submission_id)
    if connection.execute(added).first() is None:
        raise TokenUsed


def by_token(
    connection: Connection, seller_id: str, amazon_order_id: str, form_token: str
) -> DeskNote | None:
    """Return the submission of a form, if it was submitted."""
    query = select(*_COLUMNS).where(
        _note.seller_id == seller_id,
        _note.amazon_order_id == amazon_order_id,
        _note.form_token == form_token,
    )
    row = connection.execute(query).first()
    return None if row is None else DeskNote(*row)


def by_submission(
    connection: Connection, seller_id: str, feed_submission_id: int
) -> DeskNote | None:
    """Return the note of a seller's submission, if the desk submitted it."""
    query = select(*_COLUMNS).where(
        _note.feed_submission_id == feed_submission_id, _note.seller_id == seller_id
    )
    row = connection.execute(query).first()
    return None if row is None else DeskNote(*row)


def by_source(connection: Connection, seller_id: str, source: str) -> DeskNote | None:
    """Return the note of what the ledger calls a source, such as "feed 50000000001"."""
    kind, _, number = source.partition(" ")
    if kind != "feed" or not number.isdecimal():
        return None
    return by_submission(connection, seller_id, int(number))


def of_order(
    connection: Connection, seller_id: str, amazon_order_id: str
) -> list[tuple[DeskNote, FeedStatus]]:
    """Return what the desk submitted for an order, oldest first, with its status."""
    query = (
        select(*_COLUMNS, feed_submission.c.status)
        .join(
            feed_submission,
            feed_submission.c.feed_submission_id == _note.feed_submission_id,
        )
        .where(_note.seller_id == seller_id, _note.amazon_order_id == amazon_order_id)
        .order_by(_note.feed_submission_id)
    )
    return [
        (DeskNote(*row[:-1]), FeedStatus(row[-1])) for row in connection.execute(query)
    ]


def cancel_reasons(
    connection: Connection, seller_id: str, order_ids: Sequence[str]
) -> dict[str, list[tuple[str | None, str | None]]]:
    """Return, by order, what buttons of the desk cancelled: two reasons for each.

    The first is the one that the document could say, the second the one chosen.
    """
    query = (
        select(_note.amazon_order_id, effect.c.kind, effect.c.content, _note.reason)
        .join(
            effect,
            and_(
                effect.c.source
                == literal("feed ").concat(cast(_note.feed_submission_id, String)),
                effect.c.amazon_order_id == _note.amazon_order_id,
            ),
        )
        .where(
            _note.seller_id == seller_id,
            _note.amazon_order_id.in_(order_ids),
            effect.c.seller_id == seller_id,
            effect.c.kind == CancelItem.kind,
        )
        .order_by(effect.c.effect_id)
    )
    found: dict[str, list[tuple[str | None, str | None]]] = {
        order_id: [] for order_id in order_ids
    }
    for order_id, kind, content, chosen in connection.execute(query):
        told = read_effect(kind, content)
        assert isinstance(told, CancelItem)
        found[order_id].append((told.reason, chosen))
    return found


def state_of(connection: Connection, seller_id: str, amazon_order_id: str) -> str:
    """Name the state of an order: what happened to it, and what was asked for it."""
    happened = select(sql.max(effect.c.effect_id)).where(
        effect.c.seller_id == seller_id, effect.c.amazon_order_id == amazon_order_id
    )
    asked = select(sql.count()).where(
        _note.seller_id == seller_id, _note.amazon_order_id == amazon_order_id
    )
    last = connection.execute(happened).scalar()
    return f"{last or 0}-{connection.execute(asked).scalar_one()}"
