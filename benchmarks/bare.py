"""What FastAPI itself costs: routes that do no more than they must.

    python -m benchmarks.bare FOLDER

POST /rows commits its body as one SQLite row with synchronous=FULL; GET /bytes/NAME
answers with the bytes of a file of the folder, which were read at the start.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from app.cli.server import listen, url_of
from tests.running import base_url


def create_app(folder: Path) -> FastAPI:
    """Make the two routes."""
    app = FastAPI()
    contents = {each.name: each.read_bytes() for each in folder.glob("*.bytes")}
    database = sqlite3.connect(
        folder / "bare.db", isolation_level=None, check_same_thread=False
    )
    for statement in (
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "CREATE TABLE IF NOT EXISTS feed (id INTEGER PRIMARY KEY, body BLOB)",
    ):
        database.execute(statement).close()
    lock = Lock()

    def commit(body: bytes) -> int:
        with lock:
            # One statement without BEGIN is one transaction.
            cursor = database.execute("INSERT INTO feed (body) VALUES (?)", [body])
            assert cursor.lastrowid
            return cursor.lastrowid

    @app.post("/rows")
    async def add(request: Request) -> Response:
        body = await request.body()
        return Response(str(await run_in_threadpool(commit, body)))

    @app.get("/bytes/{name}")
    async def read(name: str) -> Response:
        return Response(contents[name], media_type="text/xml")

    return app


@contextmanager
def bare_server(folder: Path) -> Iterator[str]:
    """Run the routes in a process of their own and yield their base URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield base_url(process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def main() -> None:
    """Serve on a free port until a signal ends it."""
    listening = listen("127.0.0.1", 0)
    print(f"listens on {url_of(listening)}", flush=True)
    config = uvicorn.Config(
        create_app(Path(sys.argv[1])), log_level="error", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
