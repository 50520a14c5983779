"""Every operation is fuzzed in every parameter; `make fuzz` does so for longer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.doors.call import Operation
from tests.doors.caller import Caller, Reply
from tests.doors.conftest import Running
from tests.doors.test_bad_input import VALUES, assert_answered
from tests.doors.vocabulary import operations, parameter_names

LONG = int(os.environ.get("FUZZ_EXAMPLES", "0"))
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
DAMAGE = st.sampled_from(
    [
        "&%zz=1", "&a=%", "&a=%ff%fe", "&%C3%28=x", "&a=%00", "&a=b=c", "&&&", "&=",
        "&Action=GetOrder", "&Version=1", "&Signature=x", "&a=" + "x" * 9000,
        "&" + "&".join(f"a{n}={n}" for n in range(900)),
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


def timed(
    times: list[tuple[float, str]],
    caller: Caller,
    method: str,
    target: str,
    form: bytes | None = None,
) -> Reply:
    """Send a request and note how long its answer took."""
    begun = time.perf_counter()
    reply = caller.send(method, target, form)
    times.append((time.perf_counter() - begun, target[:200]))
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
@given(st.sampled_from(operations()), DAMAGE, DAMAGE, st.booleans())
def test_every_operation_answers_damaged_queries(
    shared: Running,
    times: list[tuple[float, str]],
    operation: Operation,
    first: str,
    second: str,
    in_query: bool,
) -> None:
    """Repeated names, bad UTF-8, bad escapes, and request lines of 9 kB."""
    caller, path = shared.caller, operation.section.path
    given = caller.parameters(operation.name, operation.section.version)

    text = caller.signed("POST", path, given) + first + second
    target = f"{path}?{text}" if in_query else path
    reply = timed(times, caller, "POST", target, None if in_query else text.encode())

    assert_answered(reply)
