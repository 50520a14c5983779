"""The service that pairs are put to: a seller with feeds and reports in every state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl

from app.doors.call import OPERATIONS
from app.store.backends import migrate
from tests.doors.caller import Caller, Reply, encoded, md5
from tests.doors.conftest import Running, started
from tests.fidelity.furniture import FEED, FLAT_FEED, INVALID_FEED, furnish
from tests.fidelity.pairs import SECTIONS, Pair, published
from tests.held import HeldClock, held_ids

BODIES = {
    "+empty": b"",
    "+flat": FLAT_FEED,
    "+invalid": INVALID_FEED,
    "+nonsense": b"no feed at all",
}


@dataclass
class World:
    """Three services: one grants a hundred times the quotas, one MWS's own.

    The third is as the first, and refuses invalid feeds at once.
    """

    relaxed: Running
    strict: Running
    refusing: Running
    clock: HeldClock
    """That of the strict service; the relaxed one stays at noon."""
    words: dict[str, str]

    def ask(self, pair: Pair) -> Reply:
        """Send a pair's request, as often as it says, and return the last answer."""
        if pair.state == "hour":
            return self._exhausted(pair)
        if pair.state == "outage":
            return self._in_an_outage(pair)
        if pair.state == "refuse":
            return send(self.refusing.caller, pair, self.words)
        if not pair.repeats:
            return send(self.relaxed.caller, pair, self.words)
        caller = self._newcomer()
        for _ in range(pair.repeats):
            early = send(caller, pair, self.words)
            assert early.status != 503, early.body
        return send(caller, pair, self.words)

    def _newcomer(self) -> Caller:
        """Return a seller of its own, or pairs would use up one another's quota."""
        keys = self.strict.service.accounts.create_seller("Burst")
        return replace(
            self.strict.caller,
            access_key_id=keys.access_key_id,
            secret=keys.secret,
            seller_id=keys.seller_id,
            now=self.clock(),
        )

    def _exhausted(self, pair: Pair) -> Reply:
        """Call as fast as tokens come back, until the hour's are used."""
        caller, words = self._newcomer(), self.words
        words = words | {"seller": caller.seller_id}
        resets_on = send(caller, pair, words).header("x-mws-quota-resetsOn")
        self.clock.now = datetime.fromisoformat(str(resets_on))
        (restore,) = (
            each.restore_seconds
            for each in published()
            if (each.section, each.action) == (pair.section, pair.action)
        )
        assert restore is not None
        while True:
            caller = replace(caller, now=self.clock())
            reply = send(caller, pair, words)
            if reply.status == 503 and reply.code == "RequestThrottled":
                self.clock.advance(restore)
            elif reply.status == 503:
                return reply

    def _in_an_outage(self, pair: Pair) -> Reply:
        """Call while the documents are out of reach."""
        folder = self.relaxed.folder
        away = folder.rename(folder.with_name("away"))
        try:
            return send(self.relaxed.caller, pair, self.words)
        finally:
            away.rename(folder)


def serves(pair: Pair) -> bool:
    """Whether the pair's operation is served, or is one that the table has not."""
    served = {(section.name, name) for section, name in OPERATIONS}
    known = {each.action for each in published()}
    return pair.action not in known or (pair.section, pair.action) in served


def send(caller: Caller, pair: Pair, words: dict[str, str]) -> Reply:
    """Send the request of a pair once."""
    parts = pair.request.split()
    method = parts.pop(0) if parts[0] == "GET" else "POST"
    version = SECTIONS[pair.section]
    path = f"/{pair.section}/{version}"
    given: dict[str, str] = caller.parameters(parts.pop(0), version)
    forged, with_md5, feed = None, True, FEED
    headers = {"Content-Type": "text/xml"}
    for part in parts:
        if part.startswith("@"):
            path = part[1:]
        elif part.startswith("+"):
            feed = BODIES[part]
        elif part.startswith("Content-Type:"):
            headers["Content-Type"] = part.partition(":")[2]
        elif part == "-md5":
            with_md5 = False
        elif part.startswith("-"):
            given.pop(part[1:])
        elif part.startswith("Signature="):
            forged = part.partition("=")[2]
        else:
            name, _, value = part.partition("=")
            given[name] = re.sub(r"\{(\w+)\}", lambda found: words[found[1]], value)
    text = caller.signed(method, path, given)
    if forged:
        text = encoded(dict(parse_qsl(text)) | {"Signature": forged})
    if pair.action == "SubmitFeed" and method == "POST":
        headers |= {"Content-MD5": md5(feed)} if with_md5 else {}
        return caller.send("POST", f"{path}?{text}", feed, headers)
    if method == "GET":
        return caller.send("GET", f"{path}?{text}")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return caller.send("POST", path, text.encode(), form)


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Start the services and furnish the relaxed one."""
    clock = HeldClock()
    with ExitStack() as stack:
        running = []
        for name, quotas, invalid in (
            ("relaxed", "relaxed", "report"),
            ("strict", "mws", "report"),
            ("refusing", "relaxed", "refuse"),
        ):
            url = f"sqlite:///{folder / name}.db"
            migrate(url)
            service = started(
                folder / name,
                clock if name == "strict" else HeldClock(),
                held_ids(),
                database_url=url,
                quotas=quotas,
                invalid_feeds=invalid,
            )
            running.append(stack.enter_context(service))
        relaxed, strict, refusing = running
        yield World(relaxed, strict, refusing, clock, furnish(relaxed))
