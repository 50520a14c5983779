"""The content of an effect: JSON that is put together here, and read back."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.model.effects import EFFECTS, Effect, ImportOrder, RecordShipment, read_effect

_CODES = st.from_regex("[0-9]{14}", fullmatch=True)
_REASONS = st.sampled_from(("NoInventory", "CustomerReturn"))
_AMOUNTS = st.decimals(-1_000, 1_000, places=2)
_UNITS = st.integers(1, 10**30)
_COMPONENTS = st.lists(st.tuples(st.text(), _AMOUNTS)).map(tuple)
_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "amazon_order_item_code": _CODES,
    "reason": _REASONS,
    "components": _COMPONENTS,
    "promotions": st.lists(st.tuples(st.integers(0, 9), _AMOUNTS)).map(tuple),
    "direct_payments": _COMPONENTS,
    "amount": _AMOUNTS,
    "number": _UNITS,
    "fulfillment_date": st.datetimes(timezones=st.just(UTC)),
}


_WRITTEN = [kind for kind in EFFECTS.values() if kind is not ImportOrder]


def _effects(kind: type[Effect]) -> st.SearchStrategy[Effect]:
    names = {field.name for field in fields(kind)}
    known = {name: values for name, values in _FIELDS.items() if name in names}
    if kind is RecordShipment:
        known["items"] = st.lists(st.tuples(_CODES, _UNITS), min_size=1).map(tuple)
    return st.builds(kind, **known)


@given(st.one_of([_effects(kind) for kind in _WRITTEN]))
def test_content_is_what_the_json_library_would_write(effect: Effect) -> None:
    """Whatever text is in it: the audit log hashes these very bytes."""
    content = effect.to_content()

    values = json.loads(content)
    assert content == json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    assert read_effect(effect.kind, content) == effect
