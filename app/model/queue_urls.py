"""Which queue URLs a seller may name: the operator lists where messages may go."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

LONGEST_URL = 1024

_ARN = re.compile("arn:(aws|aws-cn):sqs:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_-]{1,80})")
_PATH = re.compile("(/[A-Za-z0-9_-]+){1,4}")
_PORTS = {"http": 80, "https": 443}
_AMAZON = re.compile(r"sqs\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")


def complaint(url: str, allowed: Collection[str]) -> str | None:
    """Say what is wrong with a queue's URL, or None.

    `allowed` has origins such as `https://sqs.*.amazonaws.com`, in which a star stands
    for one label of the host. Only standard queues: MWS took no FIFO (mws-wire 9.4).
    """
    if len(url) > LONGEST_URL:
        return f"it has {len(url)} characters, more than {LONGEST_URL}"
    if not re.fullmatch("[!-~]+", url):
        return "it has characters that no URL has"
    origin = origin_of(url)
    if origin is None:
        return "it is no URL such as https://sqs.eu-west-1.amazonaws.com/123/name"
    parts = urlsplit(url)
    if "@" in parts.netloc or "?" in url or "#" in url:
        return "it has a user, a query or a fragment; a queue's URL has none"
    if parts.path.endswith(".fifo"):
        return "it is a FIFO queue; messages go to standard queues only"
    if not _PATH.fullmatch(parts.path):
        return "its path is not that of a queue, such as /123456789012/name"
    if not any(_matches(pattern, origin) for pattern in allowed):
        places = ", ".join(allowed) or "none"
        return (
            f"{origin} is not among the places that this service may send to ({places})"
        )
    return None


def url_of_arn(arn: str, allowed: Collection[str]) -> str:
    """Return the URL of the queue that an ARN names.

    Amazon's own where that is allowed, otherwise that on the first server that is named
    in `allowed` without a star. Raises ValueError with what is wrong.
    """
    found = _ARN.fullmatch(arn)
    if found is None:
        raise ValueError(
            f'the arn "{arn[:100]}" is none of a standard queue, such as '
            "arn:aws:sqs:eu-west-1:123456789012:name"
        )
    partition, region, account, name = found.groups()
    end = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    own = [each.strip().rstrip("/") for each in allowed if "*" not in each]
    for origin in (f"https://sqs.{region}.{end}", *own):
        url = f"{origin}/{account}/{name}"
        if complaint(url, allowed) is None:
            return url
    places = ", ".join(allowed) or "none"
    raise ValueError(
        f'the arn "{arn}" is not at a place that this service may send to ({places})'
    )


def shown(url: str) -> str:
    """Return what of a URL may stand in a message or a log: no password, no query."""
    kept = re.sub("//[^/]*@", "//...@", re.split("[?#]", url)[0])
    return re.sub("[^!-~]", "?", kept)[:200]


def origin_of(url: str) -> str | None:
    """Return scheme, host and port of an http(s) URL, the default port left out."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return None
    if scheme not in _PORTS or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    shown = "" if port in (None, _PORTS[scheme]) else f":{port}"
    return f"{scheme}://{host}{shown}"


def region_of(url: str) -> str | None:
    """Return the region that a queue at Amazon is in; None for any other host."""
    found = _AMAZON.fullmatch(urlsplit(url).hostname or "")
    return found[1] if found else None


def _matches(pattern: str, origin: str) -> bool:
    wanted = re.escape(pattern.strip().rstrip("/").lower())
    return re.fullmatch(wanted.replace(r"\*", "[a-z0-9-]+"), origin) is not None
