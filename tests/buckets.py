"""Buckets of a server that speaks the protocol of S3: moto's, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import boto3

from app.store.s3 import S3Documents

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket; `client` is boto3's, to look at it from outside."""

    name: str
    endpoint: str
    client: Any

    @property
    def url(self) -> str:
        """Where documents go: behind a prefix, as in a bucket that others use too."""
        return f"s3://{self.name}/feeds"

    def documents(self, spool: Path, ids: Callable[[], str]) -> S3Documents:
        """Open the document store."""
        return S3Documents(self.url, self.endpoint, spool, ids)

    def keys(self) -> list[str]:
        """List the keys of all objects."""
        listed = self.client.list_objects_v2(Bucket=self.name)
        return [each["Key"] for each in listed.get("Contents", ())]


def new_bucket(origin: str) -> Bucket:
    """Make an empty bucket on the server at `origin`."""
    client = boto3.session.Session(region_name="us-east-1").client(
        "s3", endpoint_url=origin
    )
    name = f"bucket-{next(_numbers)}"
    client.create_bucket(Bucket=name)
    return Bucket(name, origin, client)
