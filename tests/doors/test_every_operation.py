"""Every operation is fuzzed in every parameter; `make fuzz` does so for longer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.doors.call import Operation
from tests.doors.caller import Caller, Reply, encoded
from tests.doors.conftest import Running
from tests.doors.test_bad_input import VALUES, assert_answered
from tests.doors.vocabulary import operations, parameter_names

LONG = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SLOWEST = 1.0
"""Seconds that an answer may take in the long form."""
FUZZ = settings(
    max_examples=LONG or 200,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
COMMON = ("AWSAccessKeyId", "SellerId", "SignatureMethod", "SignatureVersion")
ENDINGS = ("", ".1", ".2", ".0", ".x", ".1.1", ".member.1.Key")
NAMES = st.one_of(
    st.sampled_from((*COMMON, "Timestamp", "Version", "Expires", "Merchant")),
    st.builds(
        lambda name, ending: name + ending,
        st.sampled_from(parameter_names()),
        st.sampled_from(ENDINGS),
    ),
)
# Written out only where they are sent: reports of failures stay readable.
HUGE = {
    "{x}": "x" * 9000,
    "{%41}": "%41" * 3000,
    "{%C3%A9}": "%C3%A9" * 1500,
    "{names}": "&".join(f"a{number}={number}" for number in range(900)),
}
# Whole parameters that are wrong, as they stand in a query or a form.
STRAY = st.sampled_from(
    [
        "%zz=1", "a=%", "a=%ff%fe", "%C3%28=x", "a=%00", "a=b=c", "", "&", "=",
        "Action=GetOrder", "Version=1", "Signature=x", "a={x}",
        "{names}", "{x}", "{%41}",
    ]
)  # fmt: skip
# Values that are wrong before they are decoded.
RAW_VALUES = st.sampled_from(
    [
        "", "%", "%4", "%zz", "%u0041", "%ff", "%c0%af", "%ed%a0%80", "%f4%90%80%80",
        "%00", "%0d%0a", "+", "a=b", "%26x%3D1", "{x}", "{%C3%A9}",
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def times() -> Iterator[list[tuple[float, str]]]:
    """How long answers took; the long form prints the slowest."""
    taken: list[tuple[float, str]] = []
    yield taken
    if LONG:
        slowest, target = max(taken)
        print(f"\n{len(taken)} answers, the slowest {slowest:.3f} s: {target}")
        assert slowest <= SLOWEST


def timed(
    times: list[tuple[float, str]],
    caller: Caller,
    method: str,
    target: str,
    form: bytes | None = None,
) -> Reply:
    """Send a request and note how long its answer took.

    In the long form one that took too long is sent again: what is slow by nature is so
    twice, and a busy machine is not.
    """
    begun = time.perf_counter()
    reply = caller.send(method, target, form)
    taken = time.perf_counter() - begun
    if LONG and taken > SLOWEST:
        begun = time.perf_counter()
        reply = caller.send(method, target, form)
        taken = min(taken, time.perf_counter() - begun)
    times.append((taken, target[:200]))
    return reply


@FUZZ
@given(
    st.sampled_from(operations()),
    st.dictionaries(NAMES, st.one_of(st.none(), VALUES), max_size=4),
    st.booleans(),
)
def test_every_operation_answers_any_value_of_any_parameter(
    shared: Running,
    times: list[tuple[float, str]],
    operation: Operation,
    change: dict[str, str | None],
    in_query: bool,
) -> None:
    """Missing (None), empty, huge, of the wrong type; signed, so that it gets there."""
    encodable = {
        name: value and value.encode(errors="replace").decode()
        for name, value in change.items()
    }
    caller, path = shared.caller, operation.section.path
    given = caller.parameters(operation.name, operation.section.version) | encodable

    text = caller.signed("POST", path, given)
    target = f"{path}?{text}" if in_query else path
    reply = timed(times, caller, "POST", target, None if in_query else text.encode())

    assert_answered(reply)


@FUZZ
@given(
    st.sampled_from(operations()),
    st.lists(st.tuples(NAMES, RAW_VALUES), min_size=1, max_size=4),
    st.lists(STRAY, max_size=2),
    st.booleans(),
    st.booleans(),
)
def test_every_operation_answers_damaged_parameters(
    shared: Running,
    times: list[tuple[float, str]],
    operation: Operation,
    damaged: list[tuple[str, str]],
    stray: list[str],
    twice: bool,
    in_query: bool,
) -> None:
    """Repeated, badly escaped, no UTF-8, 9 kB long: signed as they stand."""
    caller, path = shared.caller, operation.section.path
    given = caller.parameters(operation.name, operation.section.version)
    parts = encoded(given).split("&") + [f"{name}={raw}" for name, raw in damaged]
    parts += [f"{name}={raw}" for name, raw in damaged if twice] + stray

    text = signed_as_it_stands(caller, path, parts)
    target = f"{path}?{text}" if in_query else path
    reply = timed(times, caller, "POST", target, None if in_query else text.encode())

    assert_answered(reply)


def signed_as_it_stands(caller: Caller, path: str, parts: list[str]) -> str:
    """Sign parameters without writing them anew (mws-wire 2.4)."""
    line = "&".join(parts)
    for short, long in HUGE.items():
        line = line.replace(short, long)
    line = "&".join(sorted(line.split("&")))
    text = "\n".join(("POST", urlsplit(caller.url).netloc, path, line))
    digest = hmac.new(caller.secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{line}&Signature={quote(base64.b64encode(digest), safe='')}"


def test_parameters_signed_as_they_stand_reach_the_operation(shared: Running) -> None:
    """Or the damage would only ever be seen by the front door."""
    caller, path = shared.caller, "/Feeds/2009-01-01"
    parts = encoded(caller.parameters("GetFeedSubmissionList")).split("&")

    text = signed_as_it_stands(caller, path, [*parts, "MaxCount=%ed%a0%80"])
    known = signed_as_it_stands(caller, path, [*parts, "MaxCount=1*"])

    assert caller.send("POST", path, text.encode()).status == 400
    reply = caller.send("POST", path, known.encode())
    assert (reply.status, reply.code) == (400, "ValidationError")
