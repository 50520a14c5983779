"""Pairs of a request and the answer that MWS gave, as facts with their source.

One line a pair: `source | request | expected`. The source is a mark of mws-wire (R
recorded, D documented, C client code, I issue thread, F fixture) and its section.

A request is `[!state] [GET] Action [@/path] [Name=value ...] [-Name ...]`: `-Name`
leaves a common parameter out (`-md5`: the header Content-MD5), `{word}` is filled in by
the world, `+word` names another body and `Content-Type:value` its type. The states:
`!hour`, the hourly quota is used up; `!outage`, the documents are out of reach;
`!refuse`, the service refuses invalid feeds at once.
Expected is a list parted by `; `: the status first, then

    ns=word                  the namespace of the root
    code=Word, type=Word     what an ErrorResponse says
    error=front|feed|new     which back end spelt it: request id element and Detail
    Name > A B? C*           the children of the first such element, in that order
    Name ~ pattern           the text of the first such element, the whole of it
    header Name ~ pattern    a header, its name in this case
    no-header Name
    no Name                  there is no such element
    body ~ pattern           the whole body as text; `.` is any character in it
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "pairs"
SECTIONS = {
    "Feeds": "2009-01-01",
    "Reports": "2009-01-01",
    "Orders": "2013-09-01",
    "Sellers": "2011-07-01",
    "Finances": "2015-05-01",
    "Subscriptions": "2013-07-01",
}


@dataclass(frozen=True)
class Pair:
    """One request and what is expected; `repeats` is how often it is sent before."""

    section: str
    source: str
    request: str
    expected: str
    repeats: int = 0
    state: str = ""

    @property
    def action(self) -> str:
        """The operation that is called."""
        return self.request.removeprefix("GET ").split()[0]

    @property
    def name(self) -> str:
        """What the pair is called in lists; each has a name of its own."""
        first = f"{self.repeats} and then " if self.repeats else ""
        first += f"!{self.state} " if self.state else ""
        return f"{self.section}: {first}{self.request}"


@dataclass(frozen=True)
class Published:
    """One operation as MWS had it, with its published quota.

    `burst` is None where no source gives a quota, `per_hour` where it had none.
    """

    section: str
    action: str
    burst: int | None = None
    restore_seconds: float | None = None
    per_hour: int | None = None

    @property
    def address(self) -> str:
        """Section/Version/Operation."""
        return f"{self.section}/{SECTIONS[self.section]}/{self.action}"


def published() -> list[Published]:
    """Return every operation of the sections."""
    found = []
    for line in _lines("operations"):
        section, action, *quota = line.split()
        numbers = [None if text in "?-" else float(text) for text in quota]
        burst, restore, per_hour = numbers
        found.append(
            Published(
                section,
                action,
                None if burst is None else int(burst),
                restore,
                None if per_hour is None else int(per_hour),
            )
        )
    return found


def written() -> list[Pair]:
    """Return the pairs that are written one by one."""
    found = []
    for section in SECTIONS:
        for line in _lines(section.lower()):
            source, request, expected = line.split(" | ")
            state = ""
            if request.startswith("!"):
                state, _, request = request[1:].partition(" ")
            found.append(Pair(section, source, request, expected, state=state))
    return found


def of_every_operation() -> list[Pair]:
    """Return what holds for each operation: strangers, stale calls, bursts."""
    found = []
    for each in published():
        ns = f"ns={each.section.lower()}; error=front"
        stranger = f"{each.action} AWSAccessKeyId=AKIANOBODY0000000000"
        forged = f"{each.action} Signature=Zm9yZ2Vk"
        stale = f"{each.action} Timestamp=2026-11-24T11:00:00Z"
        found += [
            Pair(each.section, source, request, f"{status}; code={code}; {ns}")
            for source, request, status, code in (
                ("R 2.7", stranger, 403, "InvalidAccessKeyId"),
                ("D 2.7", forged, 403, "SignatureDoesNotMatch"),
                ("I 2.5", stale, 400, "RequestExpired"),
            )
        ]
        if each.burst:
            throttled = f"503; code=RequestThrottled; type=; {ns}"
            found.append(
                Pair(each.section, "D 7.3", each.action, throttled, each.burst)
            )
    return found


def pairs() -> list[Pair]:
    """Return all pairs."""
    return written() + of_every_operation()


def _lines(name: str) -> list[str]:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
