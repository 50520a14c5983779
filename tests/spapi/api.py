"""A client of the Selling Partner API that sends what it is told, for tests."""

from __future__ import annotations

import ssl
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from app.intake.lwa import ClientCredentials

FEEDS = "/feeds/2021-06-30"
XML = "text/xml; charset=UTF-8"


# Made once: it takes longer than a call does.
_TLS = ssl.create_default_context()


def put(
    url: str, content: bytes, content_type: str = XML, **headers: str
) -> httpx.Response:
    """Upload to an address."""
    given = {"content-type": content_type, **headers}
    return httpx.put(url, content=content, headers=given, verify=_TLS, timeout=30)


def fetch(url: str) -> httpx.Response:
    """Download from an address."""
    return httpx.get(url, verify=_TLS, timeout=30)


class Api:
    """Calls with an access token of its own; `http` calls without one."""

    def __init__(
        self, url: str, client: ClientCredentials, authority: Path | None = None
    ) -> None:
        self.url = url
        self.client = client
        trusted = ssl.create_default_context(cafile=authority) if authority else _TLS
        self.http = httpx.Client(base_url=url, timeout=30, verify=trusted)
        self.token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def grant(self, **fields: str | None) -> httpx.Response:
        """Ask for an access token; None leaves a field out."""
        given = {
            "grant_type": "refresh_token",
            "client_id": self.client.client_id,
            "client_secret": self.client.client_secret,
            "refresh_token": self.client.refresh_token,
        } | fields
        form = {name: value for name, value in given.items() if value is not None}
        return self.http.post("/auth/o2/token", data=form)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Call an operation, with a token that is made at the first call."""
        if not self.token:
            self.token = self.grant().json()["access_token"]
        headers = {"x-amz-access-token": self.token, **options.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **options)

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """Call by GET; None leaves a parameter out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self.call("GET", path, params=given)

    def post(self, path: str, body: object) -> httpx.Response:
        """Call by POST with a JSON body."""
        return self.call("POST", path, json=body)


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Check the envelope of a refusal; return its message and details."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-amzn-requestid"]
    (error,) = response.json()["errors"]
    assert set(error) == {"code", "message", "details"}
    assert error["code"] == code, error
    return f"{error['message']} {error['details']}".strip()
