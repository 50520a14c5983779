"""What every reader of order files hands on: one order, and where it stood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.model.order_checks import Fault
from app.model.order_shape import Location


class OrderFileUnreadable(Exception):
    """A file of orders cannot be read on; nothing behind `line` was looked at."""

    def __init__(self, line: int, text: str) -> None:
        """Keep the line, from 1, and the sentence that says what is wrong there."""
        super().__init__(f"line {line}: {text}")
        self.line = line
        self.text = text


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """One order as parsed JSON, and how to find its parts in the file again.

    `line` is where it begins, from 1. `locate` returns the line of a part, and its path
    in the words of the file; it may be asked only until the next order is read.
    `faults` are those that the reader found itself.
    """

    line: int
    value: Any
    locate: Callable[[Location], tuple[int, str]]
    faults: tuple[Fault, ...] = ()
