"""A signed client of the MWS Feeds API, for any compatible endpoint.

Source: mws-wire 1.2 (parameters), 2.2 (string to sign), 3.1 (Content-MD5), 4 (answers).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

import httpx
from lxml import etree

from app.cli.failures import Failure
from app.doors.query import Query
from app.doors.signature import canonical, sign, string_to_sign
from app.engine.syntax import new_parser

SECTION = "/Feeds/2009-01-01"

_VERSION = "2009-01-01"
_METHOD = "HmacSHA256"
_STANDARD_PORTS = {"http": 80, "https": 443}
# Feeds are validated before they are answered, and large ones travel for long.
_TIMEOUT = httpx.Timeout(600, connect=10)
_CHUNK = 1 << 18


class MwsError(Failure):
    """An endpoint refused a call; the text is a sentence."""

    def __init__(self, operation: str, status: int, code: str, message: str) -> None:
        """Keep the code, such as RequestThrottled, and the HTTP status."""
        said = f": {message.strip()}" if message.strip() else "."
        super().__init__(f"{operation} was refused with {code} ({status}){said}")
        self.status = status
        self.code = code


class Unreachable(Failure):
    """No answer came that MWS could have given; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class MwsClient:
    """Calls one endpoint with one seller's keys.

    `endpoint` is a base URL; without a path, calls go to the Feeds section's.
    """

    endpoint: str
    access_key: str
    secret: str
    seller_id: str
    auth_token: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=_TIMEOUT))

    def submit(
        self,
        path: Path,
        feed_type: str,
        *,
        marketplace_ids: tuple[str, ...] = (),
        feed_options: str = "",
        content_type: str = "text/xml",
    ) -> str:
        """Send a feed and return its FeedSubmissionId."""
        parameters = {"FeedType": feed_type}
        for number, marketplace_id in enumerate(marketplace_ids, 1):
            parameters[f"MarketplaceIdList.Id.{number}"] = marketplace_id
        if feed_options:
            parameters["FeedOptions"] = feed_options
        with path.open("rb") as feed:
            digest = hashlib.file_digest(feed, "md5").digest()
            headers = {
                "Content-Type": content_type,
                "Content-Length": str(feed.tell()),
                "Content-MD5": base64.b64encode(digest).decode("ascii"),
            }
            feed.seek(0)
            answer = self._send("SubmitFeed", parameters, _pieces(feed), headers)
        return _value("SubmitFeed", answer, "FeedSubmissionId")

    def status(self, feed_submission_id: str) -> str:
        """Return the FeedProcessingStatus of a feed, such as _DONE_."""
        parameters = {"FeedSubmissionIdList.Id.1": feed_submission_id}
        answer = self._call("GetFeedSubmissionList", parameters)
        return _value("GetFeedSubmissionList", answer, "FeedProcessingStatus")

    def report(self, feed_submission_id: str) -> bytes:
        """Return the processing report of a finished feed, byte for byte."""
        operation = "GetFeedSubmissionResult"
        answer = self._call(operation, {"FeedSubmissionId": feed_submission_id})
        digest = hashlib.md5(answer.content).digest()  # noqa: S324 # MWS's choice
        given = answer.headers.get("Content-MD5")
        if given is not None and given != base64.b64encode(digest).decode("ascii"):
            raise Unreachable(
                f"The report of {feed_submission_id} arrived damaged: its MD5 is not "
                "the one announced."
            )
        return answer.content

    def _call(self, operation: str, parameters: Mapping[str, str]) -> httpx.Response:
        """Make a call without a document: everything travels as a form."""
        query = self._signed(operation, parameters)
        form = "application/x-www-form-urlencoded; charset=utf-8"
        return self._post(operation, "", query.encode(), {"Content-Type": form})

    def _send(
        self,
        operation: str,
        parameters: Mapping[str, str],
        body: Iterator[bytes],
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """Make a call with a document: the parameters travel in the query."""
        query = self._signed(operation, parameters)
        return self._post(operation, f"?{query}", body, headers)

    def _signed(self, operation: str, parameters: Mapping[str, str]) -> str:
        url = urlsplit(self._url)
        host = (url.hostname or "").lower()
        if url.port and url.port != _STANDARD_PORTS.get(url.scheme):
            host = f"{host}:{url.port}"
        pairs = {
            "AWSAccessKeyId": self.access_key,
            "Action": operation,
            "SellerId": self.seller_id,
            "SignatureMethod": _METHOD,
            "SignatureVersion": "2",
            "Timestamp": f"{self.clock().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "Version": _VERSION,
            **({"MWSAuthToken": self.auth_token} if self.auth_token else {}),
            **parameters,
        }
        line = canonical(Query(tuple(pairs.items()), ()))
        text = string_to_sign("POST", host, url.path, line)
        signature = quote(sign(self.secret, text, _METHOD), safe="")
        return f"{line}&Signature={signature}"

    @property
    def _url(self) -> str:
        url = urlsplit(self.endpoint)
        path = url.path if url.path.strip("/") else SECTION
        return f"{url.scheme}://{url.netloc}{path}"

    def _post(
        self,
        operation: str,
        query: str,
        body: bytes | Iterator[bytes],
        headers: Mapping[str, str],
    ) -> httpx.Response:
        agent = {"User-Agent": "Feedgate/0.1 (Language=Python)"}
        try:
            answer = self.http.post(
                self._url + query, content=body, headers={**agent, **headers}
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise Unreachable(
                f"{self.endpoint} did not answer {operation} ({reason})."
            ) from error
        if answer.status_code != httpx.codes.OK:
            raise _refusal(operation, answer)
        return answer


def _pieces(document: BinaryIO) -> Iterator[bytes]:
    while piece := document.read(_CHUNK):
        yield piece


def _refusal(operation: str, answer: httpx.Response) -> Failure:
    root = _parsed(answer)
    code = None if root is None else root.findtext(".//{*}Code")
    if root is None or not code:
        return Unreachable(
            f"{answer.url.host} answered {operation} with status {answer.status_code} "
            "and without an MWS error: is this an MWS-compatible endpoint?"
        )
    message = root.findtext(".//{*}Message") or ""
    return MwsError(operation, answer.status_code, code, message)


def _value(operation: str, answer: httpx.Response, name: str) -> str:
    root = _parsed(answer)
    value = None if root is None else root.findtext(f".//{{*}}{name}")
    if not value:
        raise Unreachable(
            f"{answer.url.host} answered {operation} without {name}: is this an "
            "MWS-compatible endpoint, and the id one of this seller's?"
        )
    return value.strip()


def _parsed(answer: httpx.Response) -> etree._Element | None:
    try:
        return etree.fromstring(answer.content, new_parser())
    except (etree.XMLSyntaxError, ValueError):
        return None
