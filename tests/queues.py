"""A queue server that speaks the protocol of SQS, in this process."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from lxml import etree
from moto.server import ThreadedMotoServer

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "queue-key",
    "AWS_SECRET_ACCESS_KEY": "queue-secret",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class QueueServer:
    """Queues of one account, each test under names of its own."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._client: Any = boto3.session.Session(region_name="us-east-1").client(
            "sqs", endpoint_url=origin
        )

    def url_of(self, name: str) -> str:
        """Return the URL of a queue, whether it exists or not."""
        return f"{self.origin}/123456789012/{name}"

    def create(self, name: str) -> str:
        """Make an empty queue and return its URL."""
        url: str = self._client.create_queue(QueueName=name)["QueueUrl"]
        assert url == self.url_of(name)
        self._client.purge_queue(QueueUrl=url)
        return url

    def take(self, url: str) -> list[str]:
        """Take all messages out of a queue."""
        bodies: list[str] = []
        while received := self._client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in received:
                bodies.append(message["Body"])
                self._client.delete_message(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
                )
        return bodies


@contextmanager
def queue_server() -> Iterator[QueueServer]:
    """Serve queues on a free port; boto3 has credentials for them meanwhile."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _CREDENTIALS.items():
            patch.setenv(name, value)
        server.start()
        try:
            host, port = server.get_host_and_port()
            yield QueueServer(f"http://{host}:{port}")
        finally:
            server.stop()


def closed_origin() -> str:
    """Return an origin that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


def fields_of(body: str) -> dict[str, str]:
    """Return the texts of a message by the names of their elements."""
    return {
        str(each.tag): each.text or ""
        for each in etree.fromstring(body).iter()
        if not len(each)
    }
