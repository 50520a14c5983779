"""The door's own description: field names, and that its answers keep to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import openapi
from schemathesis.checks import load_all_checks
from schemathesis.core.result import Ok

from tests.spapi.conftest import Shop
from tests.spapi.names import published
from tests.spapi.test_feeds import created
from tests.spapi.test_orders import PLAIN, put_in  # noqa: F401 # orders for the paths

OPENAPI = "/sp-api/openapi.json"


@pytest.fixture(scope="module")
def description(shop: Shop) -> dict[str, Any]:
    """The description as it is served."""
    found: dict[str, Any] = shop.api.http.get(OPENAPI).json()
    return found


def _operations(description: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in description["paths"].values():
        yield from methods.values()


def _fields(
    description: dict[str, Any], schema: dict[str, Any], place: str = ""
) -> Iterator[tuple[str, bool]]:
    """Yield every field within a schema by its path, and whether it is required."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = description["components"]["schemas"][name]
    for inner in schema.get("anyOf", ()):
        yield from _fields(description, inner, place)
    if "items" in schema:
        yield from _fields(description, schema["items"], place)
    for name, inner in schema.get("properties", {}).items():
        path = f"{place}.{name}" if place else name
        yield path, name in schema.get("required", ())
        yield from _fields(description, inner, path)


def test_answers_have_the_published_fields(description: dict[str, Any]) -> None:
    """None that is not, and those that every answer has are always there."""
    names = published()
    seen = set()
    for operation in _operations(description):
        name = operation["operationId"]
        seen.add(name)
        (success,) = (each for each in operation["responses"] if each.startswith("2"))
        content = operation["responses"][success].get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        fields = dict(_fields(description, schema))

        assert set(fields) == set(names[name]), name
        needed = {field for field, always in names[name].items() if always}
        assert needed <= {field for field, always in fields.items() if always}, name
    assert seen == set(names)


@pytest.fixture(scope="module")
def checks() -> list[Any]:
    """What every answer is checked for."""
    load_all_checks()
    return schemathesis.checks.CHECKS.get_by_names(
        [
            "not_a_server_error",
            "status_code_conformance",
            "content_type_conformance",
            "response_schema_conformance",
            "response_headers_conformance",
        ]
    )


@pytest.mark.filterwarnings("default")
def test_no_request_breaks_the_door_or_its_description(
    shop: Shop, description: dict[str, Any], checks: list[Any]
) -> None:
    """Requests made up from the description, valid and not: no 5xx, no other shape."""
    feed_id = created(shop.api)
    assert shop.api.get(f"/feeds/2021-06-30/feeds/{feed_id}").status_code == 200
    statuses: dict[str, set[int]] = {}
    with requests.Session() as session:
        session.headers["x-amz-access-token"] = shop.api.token
        for found in openapi.from_dict(description).get_all_operations():
            assert isinstance(found, Ok), found
            name = found.ok().definition.raw["operationId"]
            statuses[name] = _fuzz(found.ok(), shop.url, session, checks, feed_id)

    assert set(statuses) == set(published())
    assert all(status < 500 for found in statuses.values() for status in found)
    assert 200 in statuses["getFeed"]
    assert 200 in statuses["getOrder"]


def _fuzz(
    operation: Any, url: str, session: Any, checks: list[Any], feed_id: str
) -> set[int]:
    """Call an operation with made-up values; return the statuses of its answers."""
    statuses = set()
    known = {"feedId": feed_id, "orderId": PLAIN}

    @settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), points=st.booleans())
    def run(case: Any, points: bool) -> None:
        if points and case.path_parameters:
            for name in case.path_parameters:
                given_value = case.path_parameters[name]
                case.path_parameters[name] = known.get(name, given_value)
        response = case.call(base_url=url, session=session, timeout=30)
        case.validate_response(response, checks=checks)
        statuses.add(response.status_code)

    run()
    return statuses
