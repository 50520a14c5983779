"""Query strings and forms, as old clients write them and as attackers do."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.doors.moments import read_moment
from app.doors.query import Query, has_parameter
from app.errors import ErrorCode, ServiceError

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@given(st.dictionaries(TEXTS, TEXTS, max_size=8))
def test_every_form_encoded_parameter_comes_back_as_it_was(
    parameters: dict[str, str],
) -> None:
    """Whatever a client encodes is what the operation sees, `+` for a space too."""
    text = "&".join(
        f"{quote_plus(name)}={quote_plus(value)}" for name, value in parameters.items()
    )

    query = Query.read(text.encode())

    assert dict(query.pairs) == parameters


def test_empty_pairs_are_skipped() -> None:
    """One client begins its query with `&` (mws-wire 1.2.4)."""
    query = Query.read(b"&Action=A&&b=%e2%82%AC&c=&", b"d=1+2")

    assert query.pairs == (("Action", "A"), ("b", "€"), ("c", ""), ("d", "1 2"))
    assert has_parameter(b"&Action=A", b"Action")
    assert has_parameter(b"A=1&Action", b"Action")
    assert has_parameter(b"A=1&Action&B=2", b"Action")
    assert not has_parameter(b"InAction=A", b"Action")
    assert not has_parameter(b"A=Action=B&Actions=1", b"Action")
    assert not has_parameter(b"A=1&Action\n=B", b"Action")
    assert not has_parameter(b"", b"Action")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"a=1&a=2", "a stands twice"),
        (b"a=1&%61=2", "a stands twice"),
        (b"a=100%", "%25"),
        (b"a=%zz", "%25"),
        (b"a=%C3%28", "is not UTF-8 (byte 1)"),
        (b"a=\xff", "is not UTF-8"),
        (b"%ED%A0%80=1", "A parameter name is not UTF-8"),
        (b"a=b%00c", "NUL"),
        (b"Signature=abc=", "%3D"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(text: bytes, words: str) -> None:
    """A parameter is never guessed at: the sentence says what would be right."""
    with pytest.raises(ServiceError) as refused:
        Query.read(text)

    assert refused.value.code is ErrorCode.INVALID_PARAMETER
    assert words in refused.value.message


@given(st.binary(max_size=60))
def test_no_bytes_at_all_make_anything_but_a_refusal(text: bytes) -> None:
    """Reading a query never fails in another way than by refusing it."""
    with suppress(ServiceError):
        query = Query.read(text)

        assert len(query.raw) == len(query.pairs) == len(dict(query.pairs))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29T00:00:00+01:00", datetime(2024, 2, 28, 23, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("20240229", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2024-02-29T12", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2024-02-29T12:30Z", datetime(2024, 2, 29, 12, 30, tzinfo=UTC)),
        ("2024-02-29t12:30:00.25z", datetime(2024, 2, 29, 12, 30, 0, 250000, UTC)),
        ("2024-02-29T24:00:00", datetime(2024, 3, 1, tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_every_form_of_iso_8601_that_clients_use(
    text: str, moment: datetime
) -> None:
    """Without a zone a time is UTC, without a time it is midnight (mws-wire 2.5)."""
    assert read_moment(text) == moment


@given(
    st.datetimes(
        min_value=datetime(1970, 1, 1),  # noqa: DTZ001 # hypothesis adds the zone
        timezones=st.integers(-23 * 60, 23 * 60).map(
            lambda minutes: timezone(timedelta(minutes=minutes))
        ),
    )
)
def test_a_time_with_any_offset_is_the_same_instant(moment: datetime) -> None:
    """What Python writes as ISO 8601 is read back as the instant it was."""
    assert read_moment(moment.isoformat()) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2024-02-30T00:00:00Z",
        "2023-02-29",
        "2024-13-01",
        "2024-1-1",
        "2024-02-29 12:00:00",
        "2024-02-29T12:00:00 01:00",
        "2024-02-29T25:00:00Z",
        "2024-02-29T24:00:01Z",
        "2024-02-29T12:60:00Z",
        "2024-02-29T12:00:00+24:00",
        "2024-0229T12:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+01:00",
        "２０２４-02-29",
        "1709164800",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    """A date that is not there in the calendar, or not ISO 8601, is refused."""
    with pytest.raises(ValueError, match=r"\w"):
        read_moment(text)
