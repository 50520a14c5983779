"""Two API and two worker nodes on PostgreSQL, ended in the middle of work."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from threading import Event, Thread

import httpx
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from app.cli.client import MwsClient
from app.intake.accounts import Accounts
from app.intake.order_import import import_orders
from app.intake.seals import Seals
from app.store.backends import Database, open_database
from app.store.tables import effect, feed_lane, feed_submission, worker
from benchmarks.feeds import SELLER_ID, write_feed, write_orders
from tests import postgres
from tests.running import Installation, Keys, base_url, wait_until

ORDERS = 400
BATCH = 5
FEED_TYPE = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"

_WORKERS = select(func.count()).select_from(worker)
_OWNED = select(func.count()).where(feed_lane.c.owner.is_not(None))
_EFFECTS = select(func.count()).where(effect.c.kind == "CancelItem")
_CANCELLED_ORDERS = select(func.count(effect.c.amazon_order_id.distinct())).where(
    effect.c.kind == "CancelItem"
)


@dataclass
class Nodes:
    """The nodes, in the order that they were started, and what they share."""

    database: Database
    keys: Keys
    feed: Path
    servers: dict[str, Popen[str]] = field(default_factory=dict)
    workers: list[Popen[str]] = field(default_factory=list)
    monitors: list[str] = field(default_factory=list)

    def count(self, query: object) -> int:
        with self.database.read() as connection:
            number: int = connection.execute(query).scalar_one()  # type: ignore[call-overload] # any select
        return number

    def submissions(self) -> dict[str, str]:
        """Return the status of every submission."""
        query = select(feed_submission.c.feed_submission_id, feed_submission.c.status)
        with self.database.read() as connection:
            return {str(row[0]): row[1] for row in connection.execute(query)}

    def are_all_done(self) -> bool:
        return set(self.submissions().values()) <= {"_DONE_"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def nodes(
    migrated_postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nodes]:
    """Nodes with data folders of their own, that share a database and documents."""
    postgres.empty(migrated_postgresql)
    folder = tmp_path_factory.mktemp("nodes")
    shared = {
        "DOCUMENTS": str(folder / "shared"),
        "SECRET_KEY": Fernet.generate_key().decode(),
        "BATCH_MESSAGES": str(BATCH),
        "DRAIN_SECONDS": "3",
    }
    with ExitStack() as stack:
        database = open_database(migrated_postgresql)
        stack.callback(database.close)
        feed = folder / "cancel.xml"
        write_feed(feed, "cancel", ORDERS, ORDERS)
        keys = put_in(database, shared["SECRET_KEY"], folder)
        nodes = Nodes(database, keys, feed)
        servers = []
        for name in ("api-1", "api-2", "worker-1", "worker-2"):
            port = free_port()
            node = Installation(
                folder / name,
                migrated_postgresql,
                {**shared, "MONITOR_PORT": str(port)},
            )
            nodes.monitors.append(f"http://127.0.0.1:{port}")
            if name.startswith("api"):
                command = ("serve", "--port", "0", "--workers", "0")
                servers.append(stack.enter_context(node.start(*command)))
            else:
                nodes.workers.append(stack.enter_context(node.start("work")))
        nodes.servers.update((base_url(process), process) for process in servers)
        wait_until(lambda: nodes.count(_WORKERS) == 2)
        yield nodes


def put_in(database: Database, secret_key: str, folder: Path) -> Keys:
    """Make the seller and its orders."""
    accounts = Accounts(database, Seals([secret_key]), now)
    made = accounts.create_seller("Shop", SELLER_ID)
    orders = folder / "orders.json"
    write_orders(orders, ORDERS)
    with orders.open("rb") as document:
        import_orders(database, document, SELLER_ID, source="import test", now=now())
    return Keys(SELLER_ID, made.access_key_id, made.secret, made.auth_token or "")


def now() -> datetime:
    return datetime.now(UTC)


class Proxy:
    """What stands before the nodes: it sends calls to those that say they are ready."""

    def __init__(self, urls: list[str]) -> None:
        self._urls = urls
        self._ready = list(urls)
        self._ended = Event()
        self._thread = Thread(target=self._probe)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._ended.set()
        self._thread.join()

    def pick(self, number: int) -> str:
        ready = self._ready
        return ready[number % len(ready)]

    def _probe(self) -> None:
        while not self._ended.wait(0.05):
            self._ready = [url for url in self._urls if _is_ready(url)]


def test_worker_nodes_answer_supervisors_as_api_nodes_do(nodes: Nodes) -> None:
    """`work` has no port of its own but the one of monitoring."""
    for url in nodes.monitors:
        wait_until(lambda url=url: _is_ready(url))  # type: ignore[misc] # bound early
        assert httpx.get(f"{url}/healthz").json() == {"status": "alive"}
        assert httpx.get(f"{url}/").status_code == 404


def test_nodes_that_are_told_to_end_lose_no_request_and_no_batch(nodes: Nodes) -> None:
    """Clients behind a proxy see no failed call; peers finish what was begun.

    One API node and one worker node end under load, the API node with half a feed in
    hand, which it takes to its end.
    """
    url, server = next(iter(nodes.servers.items()))
    accepted: list[str] = []
    enough = Event()

    def submit(number: int) -> None:
        while not enough.is_set():
            with nodes.keys.client(proxy.pick(number)) as client:
                accepted.append(client.submit(nodes.feed, FEED_TYPE))
            # Within a second the same feed has the same signature: no news.
            time.sleep(1)

    def end_nodes() -> None:
        nodes.workers[0].send_signal(signal.SIGTERM)
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: _refuses(url))

    with (
        Proxy([*nodes.servers]) as proxy,
        ThreadPoolExecutor(2) as pool,
        ExitStack() as stack,
    ):
        # Whatever fails here, the pool must end, or the test never would.
        stack.callback(enough.set)
        running = [pool.submit(submit, number) for number in range(2)]
        wait_until(lambda: nodes.count(_EFFECTS) >= BATCH)
        with half_way(nodes.keys, url, end_nodes) as client:
            accepted.append(client.submit(nodes.feed, FEED_TYPE))
        assert (server.wait(60), nodes.workers[0].wait(60)) == (0, 0)
        before = len(accepted)
        wait_until(lambda: len(accepted) >= before + 2)
        enough.set()
        for each in running:
            each.result()

    wait_until(nodes.are_all_done)
    assert sorted(nodes.submissions()) == sorted(set(accepted))
    assert nodes.count(_WORKERS) == 1
    # Each order was cancelled by one of the feeds, and by that one once.
    assert nodes.count(_EFFECTS) == ORDERS
    assert nodes.count(_CANCELLED_ORDERS) == ORDERS
    nodes.workers[1].send_signal(signal.SIGTERM)
    assert nodes.workers[1].wait(60) == 0
    assert nodes.count(_WORKERS) == 0
    assert nodes.count(_OWNED) == 0


def _is_ready(url: str) -> bool:
    try:
        # Without verify, certificates would be loaded for each probe of plain http.
        found = httpx.get(f"{url}/readyz", verify=False, timeout=10)
        return found.status_code == 200
    except httpx.HTTPError:
        return False


def _refuses(url: str) -> bool:
    """Whether nobody listens there any more."""
    parsed = httpx.URL(url)
    try:
        socket.create_connection((parsed.host, parsed.port or 0)).close()
    except ConnectionRefusedError:
        return True
    return False


@contextmanager
def half_way(keys: Keys, url: str, happens: Callable[[], None]) -> Iterator[MwsClient]:
    """Yield a client that sends a part of a feed, lets something happen, then the rest.

    The client's own second, or its feed would be that of another thread's again.
    """

    class Pieces(httpx.SyncByteStream):
        def __init__(self, sent: httpx.SyncByteStream) -> None:
            self._sent = sent

        def __iter__(self) -> Iterator[bytes]:
            for number, piece in enumerate(self._sent):
                yield piece[:1000]
                if number == 0:
                    happens()
                yield piece[1000:]

    class Slow(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            assert isinstance(request.stream, httpx.SyncByteStream)
            request.stream = Pieces(request.stream)
            return super().handle_request(request)

    client = MwsClient(
        url,
        keys.access_key,
        keys.secret,
        keys.seller_id,
        clock=lambda: now() - timedelta(minutes=5),
        http=httpx.Client(transport=Slow(), timeout=60),
    )
    with client.http:
        yield client
