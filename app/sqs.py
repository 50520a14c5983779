"""Sends notifications to SQS, or to whatever speaks its protocol, through boto3.

Credentials come from boto3's own chain: environment, files, the role of the machine.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app.model.queue_urls import complaint, origin_of, region_of
from app.notifications import DeliveryFailed
from app.store.notifications import Outgoing

_CONNECT_SECONDS = 5
_READ_SECONDS = 10
_MOST_CLIENTS = 100


class SqsSender:
    """Sends messages to queues; used by one thread."""

    def __init__(self, hosts: Collection[str], endpoint: str, region: str) -> None:
        """Keep where messages may go; see the settings `queue_...`."""
        self._hosts = hosts
        self._endpoint = endpoint
        self._region = region
        self._clients: dict[tuple[str, str], Any] = {}

    def __call__(self, outgoing: Outgoing) -> None:
        """Send one message as it is; raises DeliveryFailed.

        The URL is checked again: the operator may have withdrawn its host.
        """
        if wrong := complaint(outgoing.address, self._hosts):
            raise DeliveryFailed(f"the queue's URL is refused: {wrong}")
        # boto3 takes a second and 30 MB to import: only who sends pays for it.
        try:
            from botocore.exceptions import BotoCoreError, ClientError
        except ModuleNotFoundError as error:
            raise DeliveryFailed("SQS needs feedgate[sqs] installed") from error
        try:
            client = self._client(outgoing.address)
            client.send_message(QueueUrl=outgoing.address, MessageBody=outgoing.payload)
        except (BotoCoreError, ClientError) as error:
            raise DeliveryFailed(str(error)) from error

    def _client(self, url: str) -> Any:
        endpoint = self._endpoint or origin_of(url) or ""
        region = region_of(url) or self._region
        key = (endpoint, region)
        if key not in self._clients:
            if len(self._clients) >= _MOST_CLIENTS:
                self._clients.clear()
            self._clients[key] = _connect(endpoint, region)
        return self._clients[key]


def _connect(endpoint: str, region: str) -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        # The courier tries again by itself, after a pause.
        retries={"total_max_attempts": 1},
    )
    # A session of our own: boto3's default one is not for several threads.
    session = boto3.session.Session(region_name=region)
    return session.client("sqs", endpoint_url=endpoint, config=config)
