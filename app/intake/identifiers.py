"""The MerchantIdentifiers that a feed of a seller may carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from functools import cached_property


class Identifiers(Set[str]):
    """What `look_up` finds for a seller, which is their SellerId and more.

    Nearly every feed carries the SellerId, or nothing: only for another name is the
    database asked, once. Raises what `look_up` raises.
    """

    def __init__(
        self, seller_id: str, look_up: Callable[[str], frozenset[str]]
    ) -> None:
        """Ask nothing yet."""
        self._seller_id = seller_id
        self._look_up = look_up

    def __contains__(self, name: object) -> bool:
        """Whether a feed may carry that name."""
        return name == self._seller_id or name in self._all

    def __iter__(self) -> Iterator[str]:
        """Yield every name that a feed may carry."""
        return iter(self._all)

    def __len__(self) -> int:
        """Count them."""
        return len(self._all)

    @cached_property
    def _all(self) -> frozenset[str]:
        return self._look_up(self._seller_id)
