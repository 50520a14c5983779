"""SubmitFeed under load, its server killed again and again.

Clients do what published ones do: they send the same signed request again until they
have an answer. Some are cut off in the middle of their body and never come back.
"""

from __future__ import annotations

import http.client
import random
import socket
import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import select

from app.store.tables import feed_submission
from app.store.upkeep import ORPHAN_AGE, sweep_documents
from tests.doors.caller import FEEDS, Caller, md5
from tests.torture.checks import Found, check
from tests.torture.load import REFUND, refunded, unfinished, xml
from tests.torture.processes import free_port, kill, serve, spawned
from tests.torture.storm import Bounds, working
from tests.torture.world import RICH, World, rich
from tests.waiting import eventually

_MESSAGES = 150


@dataclass
class Submitted:
    """The figures of API processes killed while feeds came in."""

    kills: int = 0
    answered: int = 0
    cut_requests: int = 0
    lost_answers: int = 0
    cut_bodies: int = 0
    orphans_swept: int = 0
    seconds: float = 0
    found: Found = field(default_factory=Found)

    def figures(self) -> dict[str, Any]:
        """Return all figures by name."""
        values: dict[str, Any] = {**asdict(self), **asdict(self.found)}
        del values["found"]
        return values


@dataclass
class Clients:
    """Threads that submit, and what they were told."""

    world: World
    caller: Caller
    stop: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    told: dict[int, float] = field(default_factory=dict)
    cut: int = 0
    cut_bodies: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def patient(self, seed: int) -> None:
        """Submit feed after feed, each until it has its FeedSubmissionId."""
        dice = random.Random(seed)
        try:
            while not self.stop.is_set():
                document = _document(dice)
                target, headers = self._request(document)
                self._until_answered(target, headers, document)
        except Exception as error:
            self.errors.append(error)

    def broken(self, seed: int) -> None:
        """Send the half of a feed, then wait to be cut off; never come back."""
        dice = random.Random(seed)
        try:
            while not self.stop.is_set():
                document = _document(dice)
                target, headers = self._request(document)
                if self._send_half(target, headers, document):
                    self.cut_bodies.append(document.decode())
        except Exception as error:
            self.errors.append(error)

    def _request(self, document: bytes) -> tuple[str, dict[str, str]]:
        now = self.world.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
        given: dict[str, str | None] = {
            **self.caller.parameters("SubmitFeed"), "FeedType": REFUND,
            "Timestamp": now,
        }  # fmt: skip
        query = self.caller.signed("POST", FEEDS, given)
        return f"{FEEDS}?{query}", {
            "Content-Type": "text/xml", "Content-MD5": md5(document),
        }  # fmt: skip

    def _until_answered(
        self, target: str, headers: dict[str, str], document: bytes
    ) -> None:
        deadline = time.monotonic() + 120
        while True:
            begun = time.time()
            try:
                reply = self.caller.send("POST", target, document, headers)
            except ConnectionRefusedError:
                time.sleep(0.02)
                continue
            except (OSError, http.client.HTTPException):
                with self.lock:
                    self.cut += 1
                continue
            finally:
                assert time.monotonic() < deadline, "no answer in two minutes"
            if reply.status == 503:
                continue
            assert reply.status == 200, reply.body
            with self.lock:
                self.told[int(reply.text("FeedSubmissionId"))] = begun
            return

    def _send_half(self, target: str, headers: dict[str, str], document: bytes) -> bool:
        """Return whether it was cut off while the server waited for the rest."""
        host = urlsplit(self.caller.url)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        try:
            with socket.create_connection((host.hostname, host.port), 5) as sending:
                sending.sendall(
                    f"POST {target} HTTP/1.1\r\nHost: {host.netloc}\r\n{head}"
                    f"Content-Length: {len(document)}\r\n\r\n".encode()
                    + document[: len(document) // 2]
                )
                return sending.recv(1) == b""
        except ConnectionRefusedError:
            time.sleep(0.02)
            return False
        except TimeoutError:
            return False
        except OSError:
            return True


def _document(dice: random.Random) -> bytes:
    own = uuid4().hex[:12]
    return xml(
        REFUND,
        [
            refunded(rich(dice.randrange(RICH)), "0.01", f"{own}-{place}")
            for place in range(_MESSAGES)
        ],
    )


def kill_servers(world: World, bounds: Bounds, clients: int = 4) -> Submitted:
    """Kill API processes under load, and check what became of every feed.

    Raises AssertionError if a feed was lost or processed twice, or if one was
    processed that nobody was told of.
    """
    begun = time.monotonic()
    dice = random.Random(bounds.seed)
    port = free_port()
    seller_id, keys = next(iter(world.callers.items()))
    key = world.service.accounts.key_in_force(keys.access_key_id)
    assert key
    caller = Caller(
        f"http://127.0.0.1:{port}",
        keys.access_key_id,
        key.secret,
        seller_id,
        world.clock(),
    )
    told = Clients(world, caller)
    threads = [Thread(target=told.patient, args=(seed,)) for seed in range(clients)]
    threads.append(Thread(target=told.broken, args=(99,)))
    done = Submitted()
    server = spawned(serve, world, port)
    try:
        with working(world, bounds) as workers:
            for thread in threads:
                thread.start()
            while (
                done.kills < bounds.kills and time.monotonic() < begun + bounds.seconds
            ):
                _wait_for(port)
                time.sleep(dice.uniform(*bounds.pause))
                kill(server)
                server = spawned(serve, world, port)
                done.kills += 1
            told.stop.set()
            for thread in threads[:-1]:
                thread.join()
            kill(server)
            threads[-1].join()
            eventually(lambda: unfinished(world) == 0, 120)
            workers.end()
    finally:
        told.stop.set()
        kill(server)
    assert not told.errors, told.errors
    done.answered, done.cut_requests = len(told.told), told.cut
    done.cut_bodies = len(told.cut_bodies)
    done.lost_answers = _lost_answers(world, told.told)
    later = world.clock() + ORPHAN_AGE + timedelta(hours=1)
    done.orphans_swept = sweep_documents(world.database, world.service.documents, later)
    done.found = check(world, told.told)
    done.seconds = time.monotonic() - begun
    return done


def _wait_for(port: int) -> None:
    def listens() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            return False
        return True

    eventually(listens)


def _lost_answers(world: World, told: dict[int, float]) -> int:
    """Count feeds that were queued by a request whose answer never came."""
    feed = feed_submission.c
    query = select(feed.feed_submission_id, feed.submitted_at)
    with world.database.read() as connection:
        return sum(
            row.submitted_at.timestamp() < told.get(row.feed_submission_id, 0)
            for row in connection.execute(query)
        )
