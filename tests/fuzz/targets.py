"""What strangers' bytes reach first: targets that raise only for bugs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO

from app.doors.query import Query
from app.doors.signature import Signed, check_time, is_signed_with
from app.engine.batch import read_body
from app.engine.envelope import read_messages
from app.engine.flatfile import read_flat_file
from app.engine.gate import check
from app.engine.pieces import Limits
from app.errors import ServiceError
from app.feedtypes.registry import FLAT_FILE_FEED_TYPES, XML_FEED_TYPES
from app.model.feed import Rules

Target = Callable[[bytes], None]

_LIMITS = Limits(max_message_bytes=16_384, max_head_bytes=4_096, max_messages=200)
_NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def envelope(data: bytes) -> None:
    """A document as each of the XML feeds: what the gate lets pass can be read."""
    for feed_type in XML_FEED_TYPES:
        verdict = check(
            BytesIO(data), rules=Rules.STANDARD, limits=_LIMITS, feed_type=feed_type
        )
        if verdict.refusal is not None or not verdict.envelope_valid:
            continue
        validate = None if verdict.schema_valid else Rules.STANDARD
        read = 0
        for message in read_messages(BytesIO(data), limits=_LIMITS, validate=validate):
            read_body(feed_type, message)
            read += 1
        assert read == verdict.messages, (read, verdict)


def flat_file(data: bytes) -> None:
    """A document as each of the flat files: every record is in one message."""
    for feed_type in FLAT_FILE_FEED_TYPES:
        assert feed_type.flat_file is not None
        for rules in Rules:
            verdict = check(
                BytesIO(data), rules=rules, limits=_LIMITS, feed_type=feed_type
            )
            if verdict.refusal is not None:
                continue
            records = sum(
                each.message.weight
                for each in read_flat_file(
                    BytesIO(data), feed_type.flat_file, rules=rules, limits=_LIMITS
                )
            )
            assert records == verdict.messages, (records, verdict)


def query(data: bytes) -> None:
    """A query string: read, or refused."""
    with suppress(ServiceError):
        read = Query.read(data)
        assert len(read.pairs) == len(dict(read.pairs))


def signature(data: bytes) -> None:
    """A method, host, path and query that nobody has signed: never accepted."""
    lines = data.split(b"\n", 3) + [b""] * 3
    with suppress(ServiceError):
        given = Query.read(lines[3])
        values = dict(given.pairs)
        method, host, path = (
            part.decode("latin-1") for part in (lines[0], lines[1], lines[2])
        )
        signed, claimed = Signed(method, host, path, given), values.get("Signature", "")
        for algorithm in ("HmacSHA256", "HmacSHA1"):
            hosts = ("a.example",)
            assert not is_signed_with("a secret", signed, claimed, algorithm, hosts)
        check_time(
            values.get("Timestamp"), values.get("Expires"), _NOW, timedelta(minutes=15)
        )


TARGETS: dict[str, Target] = {
    "envelope": envelope,
    "flat_file": flat_file,
    "query": query,
    "signature": signature,
}
