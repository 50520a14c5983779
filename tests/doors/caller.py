"""A caller of our own: signs as the book says, and shows the answer as it came."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from lxml import etree

FEEDS = "/Feeds/2009-01-01"
ORDERS = "/Orders/2013-09-01"
FEEDS_NAMESPACE = "http://mws.amazonaws.com/doc/2009-01-01/"
ORDERS_NAMESPACE = "https://mws.amazonservices.com/Orders/2013-09-01"
GENERIC_NAMESPACE = "https://mws.amazonservices.com/"


@dataclass(frozen=True)
class Reply:
    """An answer: its headers with their names as they were on the wire."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header by its exact name."""
        return dict(self.headers).get(name)

    @property
    def root(self) -> etree._Element:
        """The document element."""
        return etree.fromstring(self.body)

    @property
    def namespace(self) -> str | None:
        return etree.QName(self.root).namespace

    def texts(self, name: str) -> list[str]:
        """Return the texts of all elements of that name, in document order."""
        return [found.text or "" for found in self.root.iter(f"{{*}}{name}")]

    def text(self, name: str) -> str:
        """Return the text of the one element of that name."""
        (found,) = self.texts(name)
        return found

    @property
    def code(self) -> str:
        """The Code of an ErrorResponse."""
        assert etree.QName(self.root).localname == "ErrorResponse", self.body
        return self.text("Code")

    @property
    def message(self) -> str:
        return self.text("Message")


@dataclass(frozen=True)
class Caller:
    """Calls one server with one key."""

    url: str
    access_key_id: str
    secret: str
    seller_id: str
    now: datetime

    def parameters(self, action: str, version: str = "2009-01-01") -> dict[str, str]:
        """Return what every call carries."""
        return {
            "AWSAccessKeyId": self.access_key_id,
            "Action": action,
            "SellerId": self.seller_id,
            "SignatureMethod": "HmacSHA256",
            "SignatureVersion": "2",
            "Timestamp": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": version,
        }

    def signed(
        self, method: str, path: str, parameters: Mapping[str, str | None]
    ) -> str:
        """Return the parameters with their Signature; None leaves one out."""
        kept = {name: value for name, value in parameters.items() if value is not None}
        line = encoded(dict(sorted(kept.items())))
        text = "\n".join((method, urlsplit(self.url).netloc, path or "/", line))
        algorithm = (
            hashlib.sha1
            if kept.get("SignatureMethod") == "HmacSHA1"
            else hashlib.sha256
        )
        digest = hmac.new(self.secret.encode(), text.encode(), algorithm).digest()
        return encoded(kept | {"Signature": base64.b64encode(digest).decode()})

    def call(
        self,
        action: str,
        parameters: Mapping[str, str | None] | None = None,
        *,
        path: str = FEEDS,
        method: str = "POST",
    ) -> Reply:
        """Call an operation with its parameters in a form, or in the query for GET."""
        version = path.rstrip("/").rsplit("/", 1)[-1] or "2009-01-01"
        given = {**self.parameters(action, version), **(parameters or {})}
        text = self.signed(method, path, given)
        if method == "GET":
            return self.send("GET", f"{path}?{text}")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send(method, path, text.encode(), headers)

    def submit(
        self,
        document: bytes,
        feed_type: str = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_",
        parameters: Mapping[str, str | None] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Submit a feed; None leaves a parameter or a header out."""
        given = {**self.parameters("SubmitFeed"), "FeedType": feed_type}
        text = self.signed("POST", FEEDS, given | dict(parameters or {}))
        sent = {"Content-Type": "text/xml", "Content-MD5": md5(document)}
        sent |= dict(headers or {})  # type: ignore[arg-type] # None is dropped below
        kept = {name: value for name, value in sent.items() if value is not None}
        return self.send("POST", f"{FEEDS}?{text}", document, kept)

    def send(
        self,
        method: str,
        target: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, target, body, dict(headers or {}))
            reply = connection.getresponse()
            content = reply.read()
            return Reply(reply.status, reply.reason, reply.getheaders(), content)
        finally:
            connection.close()


def encoded(parameters: Mapping[str, str]) -> str:
    """Write parameters as the book has them."""
    return "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}"
        for name, value in parameters.items()
    )


def md5(document: bytes) -> str:
    """Return the Content-MD5 of a document."""
    return base64.b64encode(hashlib.md5(document).digest()).decode()
