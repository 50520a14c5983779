"""The receiver of docs/webhooks.md, run as it stands."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from app.intake.webhooks import WebhookDesk
from app.model.event import EventType
from app.notifications import Courier
from tests.queued import SELLER
from tests.waiting import eventually
from tests.webhooks.conftest import drain

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"


def test_the_receiver_of_the_page_verifies_and_takes_each_once(
    desk: WebhookDesk,
    courier_of: Callable[..., Courier],
    happen: Callable[..., None],
) -> None:
    """It prints an event once, also if it is sent again, and refuses other secrets."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = desk.add(SELLER, f"http://127.0.0.1:{port}/", (EventType.FEED_DONE,))
    other = desk.add(SELLER, f"http://127.0.0.1:{port}/", (EventType.FEED_DONE,))
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", found[1]],
        env=os.environ | {"WEBHOOK_SECRET": made.secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        eventually(lambda: _listens(port))
        happen("1")
        drain(courier_of())
        desk.resend(desk.deliveries(made.endpoint.endpoint_id, 1)[0].unique_id)
        drain(courier_of())
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=30)

    assert out == "feed.done {'feed': '1'}\n"
    (sent,) = desk.deliveries(made.endpoint.endpoint_id, 2)
    (refused,) = desk.deliveries(other.endpoint.endpoint_id, 2)
    assert (sent.status, refused.last_error) == ("sent", "HTTP 400")


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
