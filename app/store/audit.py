"""The audit log: a chain of hashes for each seller, a link for each transaction's part.

A link names what was written, and its hash is over that and over the hash of the link
before it: who changes, removes or adds a row breaks the chain from there on. The head
of each chain is kept apart, so that a chain that was cut off does not look whole.
Effects stay in the ledger and are hashed there; everything else is in the link itself.

The head is locked last in a transaction and for an instant, so that workers on the
lanes of one seller hardly wait for each other; those of different sellers never do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.model.times import to_iso
from app.store import bulk
from app.store.tables import audit_head, audit_link, effect

EFFECTS = "Effects"
"""The kind of a link whose content is in the ledger."""

OPERATOR = "OPERATOR"
"""Whose chain has what belongs to no seller; no seller id is as short."""

START = "0" * 64
"""What stands for the hash before the first link."""

HASHED = (
    "seller_id",
    "source",
    "place",
    "position",
    "cause",
    "message_id",
    "amazon_order_id",
    "amazon_order_item_code",
    "kind",
    "content",
    "happened_at",
)
"""The columns of an effect, in the order in which they are hashed: all but its id."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_head = audit_head.c
_link = audit_link.c
_effect = effect.c


class Written(NamedTuple):
    """What a transaction wrote into the ledger at once: a run of places of a source."""

    source: str
    first_place: int
    last_place: int
    effects: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Link:
    """One link; `source` to `effects` are set where its kind is EFFECTS.

    `content` is the SHA-256 of the effects, or else JSON.
    """

    link_id: int
    seller_id: str
    number: int
    kind: str
    cause: str
    source: str | None
    first_place: int | None
    last_place: int | None
    effects: int
    content: str
    happened_at: datetime
    hash: str
    position: int | None

    def hash_after(self, earlier: str) -> str:
        """Return the hash that the link must have behind a link of that hash."""
        values = [
            earlier,
            self.seller_id,
            self.number,
            self.kind,
            self.cause,
            self.source,
            self.first_place,
            self.last_place,
            self.effects,
            self.content,
            to_iso(self.happened_at),
        ]
        return hashlib.sha256(_encode(values).encode()).hexdigest()


class Head(NamedTuple):
    """Where the chain of a seller ends."""

    seller_id: str
    number: int
    hash: str


class EffectHash:
    """The hash over effects, row by row, in the order of place and position."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sha256 = hashlib.sha256()
        self.effects = 0

    def add(self, rows: Sequence[bulk.Row]) -> None:
        """Add rows of the columns HASHED, the time in ISO 8601."""
        if rows:
            comma = "," if self.effects else ""
            self._sha256.update((comma + _encode(rows)[1:-1]).encode())
            self.effects += len(rows)

    def hexdigest(self) -> str:
        """Return the hash of what was added."""
        return self._sha256.hexdigest()


def append_effects(
    connection: Connection,
    seller_id: str,
    written: Sequence[Written],
    *,
    cause: str,
    now: datetime,
) -> None:
    """Add a link for each part of the ledger that this transaction wrote.

    Nothing else may be locked after it: the head is the last lock of a transaction.
    """
    _append(
        connection,
        seller_id,
        [
            {
                "kind": EFFECTS,
                "source": part.source,
                "first_place": part.first_place,
                "last_place": part.last_place,
                "effects": part.effects,
                "content": part.sha256,
            }
            for part in written
            if part.effects
        ],
        cause,
        now,
    )


def note(
    connection: Connection,
    seller_id: str,
    kind: str,
    content: Mapping[str, object],
    *,
    cause: str,
    now: datetime,
) -> None:
    """Add a link about something that is no effect, such as a new key; no secrets."""
    written = json.dumps(content, ensure_ascii=False, sort_keys=True)
    _append(connection, seller_id, [{"kind": kind, "content": written}], cause, now)


def _append(
    connection: Connection,
    seller_id: str,
    contents: Sequence[Mapping[str, Any]],
    cause: str,
    now: datetime,
) -> None:
    if not contents:
        return
    number, earlier = _locked_head(connection, seller_id)
    rows = []
    for content in contents:
        number += 1
        values: dict[str, Any] = {
            "source": None,
            "first_place": None,
            "last_place": None,
            "effects": 0,
            **content,
            "seller_id": seller_id,
            "number": number,
            "cause": cause,
            "happened_at": now,
        }
        link = Link(link_id=0, hash="", position=None, **values)
        earlier = link.hash_after(earlier)
        rows.append(values | {"hash": earlier})
    connection.execute(insert(audit_link), rows)
    connection.execute(
        update(audit_head)
        .where(_head.seller_id == seller_id)
        .values(number=number, hash=earlier)
    )


def _locked_head(connection: Connection, seller_id: str) -> tuple[int, str]:
    query = (
        select(_head.number, _head.hash)
        .where(_head.seller_id == seller_id)
        .with_for_update()
    )
    found = connection.execute(query).first()
    if found is None:
        dialect = sqlite if bulk.is_sqlite(connection) else postgresql
        first = {"seller_id": seller_id, "number": 0, "hash": START}
        connection.execute(
            dialect.insert(audit_head).values(first).on_conflict_do_nothing()
        )
        found = connection.execute(query).one()
    return found.number, found.hash


def heads(connection: Connection) -> list[Head]:
    """Return the heads of all chains, by seller."""
    query = select(_head.seller_id, _head.number, _head.hash)
    rows = connection.execute(query.order_by(_head.seller_id))
    return [Head(*row) for row in rows]


def links(
    connection: Connection, seller_id: str, *, after: int = 0, limit: int = 1000
) -> list[Link]:
    """Return links of a seller from behind a number on, in their order."""
    query = (
        select(audit_link)
        .where(_link.seller_id == seller_id, _link.number > after)
        .order_by(_link.number)
        .limit(limit)
    )
    return [Link(*row) for row in connection.execute(query)]


def hash_of_effects(connection: Connection, link: Link) -> EffectHash:
    """Hash the effects that the ledger has now for a link, whosever they are."""
    hashed = EffectHash()
    for part in effects_of(connection, link):
        hashed.add(part)
    return hashed


def effects_of(connection: Connection, link: Link) -> Iterator[Sequence[bulk.Row]]:
    """Give the effects of a link in parts, as rows of HASHED, the time in ISO 8601."""
    query = (
        select(*(_effect[name] for name in HASHED))
        .where(
            _effect.source == link.source,
            _effect.place >= link.first_place,
            _effect.place <= link.last_place,
        )
        .order_by(_effect.place, _effect.position)
        .execution_options(yield_per=2_000)
    )
    for part in connection.execute(query).partitions():
        yield [(*row[:-1], to_iso(row.happened_at)) for row in part]


def strays(connection: Connection, limit: int) -> list[tuple[str, str, int]]:
    """Return effects that no link covers, as seller, source and place."""
    covered = (
        select(_link.link_id)
        .where(
            _link.source == _effect.source,
            _link.first_place <= _effect.place,
            _link.last_place >= _effect.place,
            _link.seller_id == _effect.seller_id,
        )
        .exists()
    )
    query = select(_effect.seller_id, _effect.source, _effect.place).where(~covered)
    return [(*row,) for row in connection.execute(query.limit(limit))]
