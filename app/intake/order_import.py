"""Orders put in by the operator: read from a file, checked, and written at once.

Source: docs/reference/orders.md.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from app.intake.order_file import OrderFileUnreadable, PlacedOrder
from app.intake.order_file_json import read_json_orders
from app.intake.order_file_xml import read_report_orders
from app.model.order import Order
from app.model.order_checks import OrderInvalid
from app.model.order_json import order_from_json, order_text
from app.store.audit import append_effects
from app.store.backends import Database
from app.store.order_book import Imported, OrderConflict, insert_orders

_BATCH = 2_000
_MOST_FAULTS = 20
_CAUSE = "operator"


@dataclass(frozen=True, slots=True)
class ImportFault:
    """One reason why a file was refused: where in it, and which order it is about."""

    line: int
    text: str
    amazon_order_id: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        """Write it as one sentence."""
        if self.amazon_order_id is None:
            return f"line {self.line}: {self.text}"
        order = f"order {self.amazon_order_id}"
        if self.path is None:
            return f"line {self.line}: {order} {self.text}"
        return f"line {self.line}, {order}: {self.path} {self.text}"


class ImportRefused(Exception):
    """A file was refused, nothing of it was put in; `more` faults are not listed."""

    def __init__(
        self, faults: list[ImportFault], more: int = 0, *, is_conflict: bool = False
    ) -> None:
        """Keep the faults in the order of the file, at least one.

        `is_conflict` where the file is right, but an order is known otherwise.
        """
        super().__init__(str(faults[0]))
        self.faults = tuple(faults)
        self.more = more
        self.is_conflict = is_conflict


class _Faults:
    """What is wrong with a file so far; the first are kept, the others counted."""

    def __init__(self) -> None:
        self._listed: list[ImportFault] = []
        self._more = 0

    def __bool__(self) -> bool:
        return bool(self._listed)

    def add(self, fault: ImportFault) -> None:
        if len(self._listed) < _MOST_FAULTS:
            self._listed.append(fault)
        else:
            self._more += 1

    def refuse(self, *, is_conflict: bool = False) -> None:
        """Raise ImportRefused if there is any."""
        if self._listed:
            raise ImportRefused(self._listed, self._more, is_conflict=is_conflict)


def import_orders(
    database: Database,
    document: BinaryIO,
    seller_id: str,
    *,
    source: str,
    now: datetime,
    marketplace_id: str | None = None,
    cause: str = _CAUSE,
) -> Imported:
    """Put the orders of a file in, all of them or none; the seller must exist.

    The file is JSON (docs/reference/orders.schema.json) or OrderReport XML, which its
    first character tells; it must be seekable. `source` names the import in the ledger
    ("import <uuid>"); `marketplace_id` is for reports that do not say where an order
    was placed; `cause` is who put them in, for ledger and audit log.

    Raises ImportRefused with what is wrong in the file, or with the first order that
    is known with other content.
    """
    faults = _Faults()
    added = unchanged = 0
    parts = []
    with database.write() as connection:
        for batch in _batches(document, seller_id, marketplace_id, faults):
            if faults:
                continue
            try:
                done, written = insert_orders(
                    connection,
                    seller_id,
                    [(order, order_text(order)) for _, order in batch],
                    source=source,
                    first_place=added + unchanged + 1,
                    cause=cause,
                    now=now,
                )
            except OrderConflict as conflict:
                faults.add(_conflicting(batch, conflict))
                faults.refuse(is_conflict=True)
            added += done.added
            unchanged += done.unchanged
            parts.append(written)
        faults.refuse()
        # At the end, since the seller's feeds wait from here to the commit.
        append_effects(connection, seller_id, parts, cause=cause, now=now)
    return Imported(added, unchanged)


def read_orders(
    document: BinaryIO, seller_id: str, marketplace_id: str | None = None
) -> list[Order]:
    """Read the orders of a file without putting them in; raises ImportRefused."""
    faults = _Faults()
    batches = list(_batches(document, seller_id, marketplace_id, faults))
    faults.refuse()
    return [order for batch in batches for _, order in batch]


def _batches(
    document: BinaryIO, seller_id: str, marketplace_id: str | None, faults: _Faults
) -> Iterator[list[tuple[int, Order]]]:
    """Give orders with their lines; what is wrong with the others goes to `faults`."""
    batch: list[tuple[int, Order]] = []
    try:
        for placed in _placed_orders(document, marketplace_id):
            order = _read_order(seller_id, placed, faults)
            if order is not None:
                batch.append((placed.line, order))
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except OrderFileUnreadable as error:
        faults.add(ImportFault(error.line, error.text))
    yield batch


def _placed_orders(
    document: BinaryIO, marketplace_id: str | None
) -> Iterator[PlacedOrder]:
    head = document.read(1024)
    document.seek(0)
    # Only XML is written in UTF-16, which its first two bytes announce.
    utf_16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if utf_16 or head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        return read_report_orders(document, marketplace_id)
    return read_json_orders(document)


def _read_order(seller_id: str, placed: PlacedOrder, faults: _Faults) -> Order | None:
    order, found = None, list(placed.faults)
    try:
        order = order_from_json(seller_id, placed.value)
    except OrderInvalid as invalid:
        known = {fault.location for fault in found}
        found += [fault for fault in invalid.faults if fault.location not in known]
    if not found:
        return order
    amazon_order_id = "without id"
    if isinstance(placed.value, dict):
        amazon_order_id = str(placed.value.get("amazon_order_id", amazon_order_id))
    for fault in found:
        line, path = placed.locate(fault.location)
        faults.add(ImportFault(line, fault.text, amazon_order_id, path))
    return None


def _conflicting(
    batch: list[tuple[int, Order]], conflict: OrderConflict
) -> ImportFault:
    """Say where the order of a conflict stands: the last of that id is the other."""
    lines = [line for line, o in batch if o.amazon_order_id == conflict.amazon_order_id]
    return ImportFault(lines[-1], conflict.reason, conflict.amazon_order_id)
