"""A consumer of effects, to be killed: it keeps each effect and goes on behind it.

python consumer.py URL KEY FILE: a line an effect, its cursor first.
"""

from __future__ import annotations

import os
import sys

import httpx

FIELDS = ("cursor", "seller_id", "source", "amazon_order_id", "kind")
"""What it keeps of an effect, with tabs between."""


def consume(url: str, key: str, path: str) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    kept = os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode().splitlines()
    query: dict[str, str | int] = {"wait": 5, "limit": 7}
    if kept:
        query["after"] = kept[-1].split("\t")[0]
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
        while True:
            answer = http.get(f"{url}/admin/v1/effects", params=query)
            answer.raise_for_status()
            for effect in answer.json()["effects"]:
                line = "\t".join(effect[name] for name in FIELDS)
                os.write(descriptor, f"{line}\n".encode())
            query["after"] = answer.json()["next"]


if __name__ == "__main__":
    consume(*sys.argv[1:])
