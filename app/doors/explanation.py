"""Why a signature is not right: what we would have signed, and where that differs.

For developers only (FEEDGATE_EXPLAIN), since it makes answers long. It shows nothing
that the request did not hold, and of that no MWSAuthToken; the secret key never comes
here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.doors.query import shown
from app.doors.signature import Signed, strings_to_sign

STRING_HEADER = "x-feedgate-string-to-sign"
"""Header with the string to sign of the client; its line ends are written as \\n."""

_LINES = ("the method", "the host", "the path", "the parameters")
_AUTH_TOKEN = re.compile("(MWSAuthToken=)[^&\n]+")


def explain(
    signed: Signed, public_hosts: Iterable[str] = (), theirs: str | None = None
) -> str:
    """Write the string to sign for each host that the client may have meant.

    With `theirs`, the string that the client signed, it says first how that differs
    from the nearest of all that are accepted.
    """
    candidates = dict.fromkeys(strings_to_sign(signed, public_hosts))
    by_host: dict[str, str] = {}
    for candidate in candidates:
        by_host.setdefault(candidate.split("\n", 2)[1], candidate)
    paragraphs = [
        f"String to sign for host {host}:\n{_hidden(text)}"
        for host, text in by_host.items()
    ]
    if theirs is not None:
        paragraphs.insert(0, compare(_with_line_ends(theirs), candidates))
    return "\n\n".join(paragraphs)


def compare(theirs: str, candidates: Iterable[str]) -> str:
    """Say where a string to sign first differs from the nearest of the candidates."""
    nearest = max(candidates, key=lambda ours: _common(theirs, ours))
    if theirs == nearest:
        return (
            "Your string to sign is one that is accepted: the secret key is another, "
            "or the signature was made with another SignatureMethod."
        )
    place = _common(theirs, nearest)
    number = nearest.count("\n", 0, place)
    return (
        f"Your string to sign first differs in {_LINES[number]} (line "
        f"{number + 1}), at character "
        f"{place - nearest.rfind(chr(10), 0, place)} of the line:\n"
        f"  yours {_part(theirs, place)}\n  ours  {_part(nearest, place)}"
    )


def _common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    differing = (place for place, (mine, yours) in pairs if mine != yours)
    return next(differing, min(len(one), len(other)))


def _part(text: str, place: int) -> str:
    """Return the line or the parameter around a place, with what is secret hidden."""
    begin = max(text.rfind(mark, 0, place) for mark in "\n&") + 1
    end = re.compile("[\n&]|$").search(text, place)
    assert end is not None
    if begin == end.start() == len(text):
        return "ends here"
    if text[place : place + 1] == "\n":
        return f"{shown(_hidden(text[begin:place]))} (the line ends)"
    return shown(_hidden(text[begin : end.start()]))


def _hidden(text: str) -> str:
    return _AUTH_TOKEN.sub(r"\1(hidden)", text)


def _with_line_ends(text: str) -> str:
    # A header has one line. No string to sign has a backslash, which is escaped there.
    return text.replace("\\r", "\r").replace("\\n", "\n")
