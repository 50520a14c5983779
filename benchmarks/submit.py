"""SubmitFeed of small feeds, against a bare route and against moto's SQS."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

from benchmarks.bare import bare_server
from benchmarks.bench import Bench
from benchmarks.calls import feed_of, submit_feed
from benchmarks.feeds import SELLER_ID
from benchmarks.figures import Aim, Figure, Missing, compared
from benchmarks.load import answer, request, send_all
from benchmarks.service import serving
from benchmarks.stock import stocked

_CLIENTS = 8
_BYTES = 3_000
_QUEUE_FORM = {
    "Content-Type": "application/x-www-form-urlencoded",
    # Read for the service it names; moto looks at no signature.
    "Authorization": "AWS4-HMAC-SHA256 Credential=key/20261101/us-east-1/sqs/"
    "aws4_request, SignedHeaders=host, Signature=0",
}


def measure(bench: Bench) -> list[Figure]:
    """Send as many feeds as the level says, in turn to each of the three servers.

    The service runs without a worker: accepting is measured, not what comes after.
    Every feed is another one, signed before the clock runs.
    """
    sizes = bench.sizes
    installation = bench.installation()
    with stocked(installation) as stock:
        keys = stock.seller(SELLER_ID)
    ours: list[float] = []
    bare: list[float] = []
    queued: list[float] = []
    with ExitStack() as stack:
        url = stack.enter_context(serving(installation, "--workers", "0")).url
        bare_url = stack.enter_context(bare_server(bench.new_folder()))
        moto_url = stack.enter_context(_moto())
        queue = _Queue(moto_url)
        first = 1
        messages = small_messages()
        for run in range(sizes.runs + 1):
            feeds = [
                feed_of("acknowledge", messages, first + place, 9_000_000)
                for place in range(sizes.requests)
            ]
            first += sizes.requests
            calls = [submit_feed(url, keys, "acknowledge", feed) for feed in feeds]
            posts = [
                request("POST", f"{bare_url}/rows", {"Content-Type": "text/xml"}, feed)
                for feed in feeds
            ]
            sent = [queue.send(feed) for feed in feeds[: sizes.moto_requests]]
            ours.append(len(calls) / send_all(url, calls, _CLIENTS))
            bare.append(len(posts) / send_all(bare_url, posts, _CLIENTS))
            queued.append(len(sent) / send_all(moto_url, sent, _CLIENTS))
            if run == 0:
                # The first calls load modules and compile the schema.
                del ours[:], bare[:], queued[:]
    what = f"SubmitFeed of 3 kB, {_CLIENTS} keep-alive clients, durable before the"
    return [
        compared(
            "submit/bare",
            f"{what} answer",
            "feeds/s",
            ours,
            bare,
            sizes.level,
            against="a bare FastAPI route that commits one SQLite row at FULL",
            aims=(Aim(0.5),),
        ),
        compared(
            "submit/moto",
            f"{what} answer",
            "feeds/s",
            ours,
            queued,
            sizes.level,
            against="moto's server taking SQS SendMessage of the same size",
            aims=(Aim(10),),
        ),
    ]


def small_messages() -> int:
    """Return how many acknowledgements make a feed of about 3 kB."""
    envelope = len(feed_of("acknowledge", 0, 1, 1))
    message = len(feed_of("acknowledge", 1, 1, 1)) - envelope
    return max(round((_BYTES - envelope) / message), 1)


class _Queue:
    """A queue of moto's, and requests that send to it."""

    def __init__(self, url: str) -> None:
        self._url = url
        made = self._call({"Action": "CreateQueue", "QueueName": "benchmark"})
        assert b"benchmark" in answer(url, made)

    def send(self, body: bytes) -> bytes:
        return self._call(
            {
                "Action": "SendMessage",
                "QueueUrl": f"{self._url}/123456789012/benchmark",
                "MessageBody": body.decode(),
            }
        )

    def _call(self, parameters: dict[str, str]) -> bytes:
        pairs = {"Version": "2012-11-05", **parameters}.items()
        form = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
        return request("POST", f"{self._url}/", _QUEUE_FORM, form.encode())


@contextmanager
def _moto() -> Iterator[str]:
    """Run moto's own server as a process; raises Missing."""
    if importlib.util.find_spec("moto") is None:
        raise Missing("moto is missing: pip install 'moto[server]'")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
