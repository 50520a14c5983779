"""The audit log looked through: is every chain whole, and does the ledger match it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.store import audit
from app.store.audit import EFFECTS, Head, Link
from app.store.backends import Database
from app.store.bulk import Connection

_MOST_STRAYS = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was looked at, where the chains end, and what is wrong, in sentences."""

    links: int
    effects: int
    heads: tuple[Head, ...]
    faults: tuple[str, ...]


class AuditDesk:
    """Reads the audit log."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def links(self, seller_id: str, *, after: int = 0, limit: int = 100) -> list[Link]:
        """Return links of a seller, from behind a number on."""
        with self._database.read() as connection:
            return audit.links(connection, seller_id, after=after, limit=limit)

    def verify(self, noted: Iterable[Head] = ()) -> Verdict:
        """Compute every hash anew, in one transaction that sees one state.

        `noted` are heads that were written down elsewhere earlier: a chain must still
        have them. Reads the whole ledger once, in parts.
        """
        with self._database.snapshot() as connection:
            heads = audit.heads(connection)
            checked = _Checked(
                {
                    (head.seller_id, head.number): head.hash
                    for head in noted
                    if head.number
                }
            )
            for head in heads:
                checked.chain(connection, head)
            checked.rest(connection)
        return Verdict(
            checked.links, checked.effects, tuple(heads), tuple(checked.faults)
        )


class _Checked:
    """What was found so far."""

    def __init__(self, noted: dict[tuple[str, int], str]) -> None:
        self.links = 0
        self.effects = 0
        self.faults: list[str] = []
        self._noted = noted

    def chain(self, connection: Connection, head: Head) -> None:
        """Follow one chain from its start to its head."""
        earlier, number = audit.START, 0
        for link in _all_links(connection, head.seller_id):
            number += 1
            name = f"seller {head.seller_id}, link {link.number}"
            if link.number != number:
                self.faults.append(f"{name}: the links from {number} on are missing")
                number = link.number
            elif link.hash_after(earlier) != link.hash:
                self.faults.append(
                    f"{name}: its hash does not follow from its content and the link "
                    "before it"
                )
            self._content(connection, link, name)
            noted = self._noted.pop((head.seller_id, link.number), link.hash)
            if noted != link.hash:
                self.faults.append(f"{name}: its hash is not {noted}, which was noted")
            earlier = link.hash
        if (number, earlier) != (head.number, head.hash):
            self.faults.append(
                f"seller {head.seller_id}: the chain ends at link {number}, its head "
                f"says {head.number}: the end was cut off, or links were added"
            )

    def rest(self, connection: Connection) -> None:
        """Tell of heads that no chain has, and effects that no link covers."""
        for (seller_id, number), noted in self._noted.items():
            self.faults.append(
                f"seller {seller_id}: link {number}, noted with hash {noted}, is "
                "missing: the end was cut off"
            )
        for seller_id, source, place in audit.strays(connection, _MOST_STRAYS):
            self.faults.append(
                f"seller {seller_id}: an effect of {source}, place {place}, is in the "
                "ledger and in no link"
            )

    def _content(self, connection: Connection, link: Link, name: str) -> None:
        self.links += 1
        if link.kind != EFFECTS:
            return
        hashed = audit.hash_of_effects(connection, link)
        self.effects += hashed.effects
        where = f"{link.source}, places {link.first_place} to {link.last_place}"
        if hashed.effects != link.effects:
            self.faults.append(
                f"{name}: the ledger has {hashed.effects} effects of {where}, not "
                f"{link.effects}"
            )
        elif hashed.hexdigest() != link.content:
            self.faults.append(f"{name}: effects of {where} were changed")


def _all_links(connection: Connection, seller_id: str) -> Iterator[Link]:
    after = 0
    while found := audit.links(connection, seller_id, after=after):
        yield from found
        after = found[-1].number
