"""The order cancellation file: the flat-file twin of an OrderAcknowledgement."""

from __future__ import annotations

from collections.abc import Sequence

from app.feedtypes.flat_values import Cells
from app.feedtypes.order_acknowledgement import AcknowledgedItem, OrderAcknowledgement
from app.model.feed import Problem
from app.model.flatfile import Column, FlatFile, Record, Vocabulary

_REASON = "cancellation-reason-code"
_ITEM = "amazon-order-item-code"
_OWN_ID_LENGTH = 50

COLUMNS = (
    Column(
        "order-id",
        "The order that is cancelled, whole: every item with open units needs a line.",
        "3, 7 and 7 digits with hyphens",
        "026-1234567-1234567",
        required=True,
    ),
    Column(
        _REASON,
        "Why the item is cancelled. Leave it and the item code empty to cancel an "
        "order without a reason.",
        "NoInventory, BuyerCanceled, GeneralAdjustment, ShippingAddressUndeliverable, "
        "CustomerExchange, CustomerReturn, MerchandiseNotReceived, PricingError",
        "NoInventory",
        required=True,
    ),
    Column(
        _ITEM, "The item of the order.", "14 digits", "12345678901234", required=True
    ),
    Column(
        "merchant-order-id",
        "The seller's own id of the order; only repeated in the report.",
        "at most 50 characters",
    ),
)
"""Those of version 1.0/1.0.3; merchant-order-id is of 1.0/1.0.1."""


def read(
    records: Sequence[Record], words: Vocabulary
) -> tuple[OrderAcknowledgement | None, list[Problem]]:
    """Read the records of one order as the Failure that cancels it.

    Reason and item code come together, or are both empty, and then the record is the
    only one of its order. Source: feed-vocabulary 7.1.
    """
    problems: list[Problem] = []
    items = []
    order_id, own_id = "", None
    for record in records:
        cells = Cells(record, words)
        order_id = cells.order_id()
        own_id = cells.text("merchant-order-id", _OWN_ID_LENGTH) or own_id
        item = _item(cells, words, alone=len(records) == 1)
        if item is not None:
            items.append(item)
        problems += cells.problems
    if problems:
        return None, problems
    return OrderAcknowledgement(order_id, "Failure", own_id, tuple(items)), []


def _item(cells: Cells, words: Vocabulary, *, alone: bool) -> AcknowledgedItem | None:
    values = cells.record.values
    if _REASON not in values and _ITEM not in values and alone:
        return None
    code = cells.item_code(_ITEM, required=True)
    reason = cells.one_of(_REASON, words.cancel_reasons, "CancelReason", required=True)
    return AcknowledgedItem(code, None, reason) if code and reason else None


FLAT_FILE = FlatFile(
    title="order cancellation file",
    sheet="OrderCancellation",
    mark=_REASON,
    columns=COLUMNS,
    read=read,
    by_order=True,
    template_row=(
        "TemplateType=OrderCancellation",
        "Version=1.0/1.0.3",
        "Leave this row and the headings as they are.",
    ),
)
