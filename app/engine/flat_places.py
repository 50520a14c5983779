"""Which record of a flat file a problem is reported on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from app.errors import ResultCode
from app.model.feed import Message, Problem


def at_records(message: Message, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Lay the problems of a message of several records at the records they are of.

    That is the record which names the item of the problem. An item that is named too
    often is the fault of the later records; what concerns the order as a whole stands
    on its first. Source: feed-vocabulary 7.1.
    """
    told: Counter[tuple[ResultCode, str]] = Counter()
    for problem in problems:
        code = problem.amazon_order_item_code
        if problem.message_id != "0":
            yield problem
            continue
        numbers = [number for number, named in message.records if named == code]
        if code is None or not numbers:
            yield problem.of(message.message_id)
            continue
        place = 0
        if problem.code in (ResultCode.ITEM_TWICE, ResultCode.ITEM_UNKNOWN):
            place = told[problem.code, code]
            told[problem.code, code] += 1
            place += problem.code is ResultCode.ITEM_TWICE
        yield problem.of(str(numbers[min(place, len(numbers) - 1)]))
