"""Where webhooks may go: sellers choose the URL, the operator's network is not theirs.

An address is looked at when it is known: after the name was resolved, at each attempt.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from urllib.parse import urlsplit

LONGEST_URL = 1024

Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")


def complaint(url: str) -> str | None:
    """Say what is wrong with the form of an endpoint's URL, or None."""
    if len(url) > LONGEST_URL:
        return f"it has {len(url)} characters, more than {LONGEST_URL}"
    if not re.fullmatch("[!-~]+", url):
        return "it has characters that no URL has"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"it is no URL: {error}"
    if parts.scheme not in ("https", "http") or not host:
        return "it is no URL such as https://shop.example/webhooks"
    if port == 0:
        return "it has port 0"
    if "@" in parts.netloc or "#" in url:
        return "it has a user or a fragment; an endpoint's URL has none"
    return None


def refusal(address: str, scheme: str, networks: Collection[Network]) -> str | None:
    """Say why nothing may be sent to an address, or None.

    Addresses that are not public need one of `networks`, and so does plain http.
    """
    given = ip_address(address)
    if any(given in network for network in networks):
        return None
    if not _is_public(given):
        return f"{address} is not a public address (FEEDGATE_WEBHOOK_NETWORKS)"
    if scheme != "https":
        return f"{address} is called by plain http; use https"
    return None


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.is_site_local or address.scope_id is not None:
            return False
        inner = _inside(address)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast


def _inside(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
