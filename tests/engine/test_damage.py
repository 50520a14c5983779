"""Whatever bytes arrive, the gate has an answer, and the worker reads by it."""

from __future__ import annotations

from io import BytesIO
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.envelope import FeedUnreadable, read_messages
from app.errors import ResultCode
from app.model.feed import Rules
from tests.engine.documents import LIMITS, verdict_of
from tests.engine.test_cutting import trapped

_ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-16", "latin-1", "gb18030")
_FRAGMENTS = (
    b"<",
    b">",
    b"&",
    b'"',
    b"\0",
    b"<!--",
    b"-->",
    b"]]>",
    b"<?xml",
    b"<Message>",
    b"</Message>",
    b"</AmazonEnvelope>",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xe4",
)
# Refusals of feeds that can be read all the same.
_READABLE = (ResultCode.WRONG_ROOT, ResultCode.WRONG_FEED_TYPE)


def damaged(chance: Random) -> bytes:
    """Return a feed in which some bytes were changed, lost, doubled or put in."""
    data = bytearray(trapped(chance).encode(chance.choice(_ENCODINGS), "replace"))
    for _ in range(chance.randint(0, 3)):
        at = chance.randrange(len(data))
        end = at + chance.randint(1, 40)
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end]
            case _:
                data[at:at] = chance.choice(_FRAGMENTS)
    return bytes(data)


@settings(max_examples=1_500, derandomize=True, database=None, deadline=None)
@given(st.integers(0, 2**64))
def test_a_damaged_feed_gets_an_answer_that_the_worker_shares(seed: int) -> None:
    """A refusal is a value, never an exception; and nobody reads what was refused."""
    document = damaged(Random(seed))

    verdict = verdict_of(document)
    messages = read_messages(BytesIO(document), limits=LIMITS, validate=Rules.STANDARD)
    try:
        read = list(messages)
    except FeedUnreadable as error:
        assert verdict.refusal is not None
        same = verdict.refusal == error.problem
        assert same or verdict.refusal.code in _READABLE
    else:
        assert verdict.refusal is None or verdict.refusal.code in _READABLE
        if verdict.refusal is None:
            refused = sum(message.payload is None for message in read)
            assert len(read) == verdict.messages
            assert refused == verdict.messages_with_error
