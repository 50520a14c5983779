"""Prints how fast feeds go from SubmitFeed to _DONE_, and how much memory they take.

    python -m benchmarks [--messages 30000] [--runs 5] [--memory] [--database URL]

Each run has a fresh data folder, SQLite with synchronous=FULL, the API and one worker
in one process. The machine's own speed stands beside it: rows a second that bare
driver statements write into a database of the same settings in the same run.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.feeds import write_feed, write_orders
from benchmarks.service import Running, service, timed

_ACKNOWLEDGEMENT = "_POST_ORDER_ACKNOWLEDGEMENT_DATA_"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help="a 300 MB feed too")
    parser.add_argument("--database", default="", help="another database's URL")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _speed(Path(folder), options.messages, options.runs, options.database)
        if options.memory:
            _memory(Path(folder), options.database)


def _speed(folder: Path, messages: int, runs: int, database: str) -> None:
    orders, feed = folder / "orders.json", folder / "cancel.xml"
    write_orders(orders, messages)
    size = write_feed(feed, "cancel", messages, messages)
    print(f"{messages} messages, {size / 1e6:.1f} MB, one order each")
    rates, imports, floors = [], [], []
    for run in range(1, runs + 1):
        home = folder / f"home-{run}"
        with service(home, database) as running:
            imports.append(timed(partial(_import, running, orders)))
            submitted, done = _submit_and_wait(running, feed)
            rates.append(messages / done)
        floors.append(_bare_rows(home / "bare.db", messages))
        print(
            f"run {run}: import {imports[-1]:5.2f} s   SubmitFeed {submitted:5.2f} s"
            f"   to _DONE_ {done:5.2f} s = {rates[-1]:7,.0f} messages/s"
            f"   bare rows {floors[-1]:9,.0f}/s   ratio {rates[-1] / floors[-1]:.3f}"
        )
    print(
        f"median: import {statistics.median(imports):.2f} s,"
        f" {statistics.median(rates):,.0f} messages/s"
    )


def _import(running: Running, orders: Path) -> None:
    seller = running.client.seller_id
    running.command("orders", "import", str(orders), "--seller-id", seller)


def _submit_and_wait(running: Running, feed: Path) -> tuple[float, float]:
    feed_submission_id = ""

    def submit() -> None:
        nonlocal feed_submission_id
        feed_submission_id = running.client.submit(feed, _ACKNOWLEDGEMENT)

    submitted = timed(submit)
    return submitted, submitted + timed(lambda: running.wait(feed_submission_id))


def _bare_rows(path: Path, rows: int) -> float:
    """Return rows a second of one executemany of six columns, committed at FULL."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b, c, d, e, f)")

    def write() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)",
            [(n, "A1BENCHMARK001", "feed", n, "CancelItem", "{}") for n in range(rows)],
        )
        connection.execute("COMMIT")

    seconds = timed(write)
    connection.close()
    return rows / seconds


def _memory(folder: Path, database: str) -> None:
    orders, feed = folder / "few.json", folder / "large.xml"
    write_orders(orders, 30_000)
    messages = 560_000
    size = write_feed(feed, "acknowledge", messages, 30_000)
    with service(folder / "home-memory", database) as running:
        _import(running, orders)
        small = folder / "small.xml"
        write_feed(small, "acknowledge", 10, 10)
        _submit_and_wait(running, small)
        idle = running.memory("VmRSS")
        running.reset_peak()
        _, done = _submit_and_wait(running, feed)
        grown = running.memory("VmHWM") - idle
    print(
        f"{messages} messages, {size / 1e6:.0f} MB: {done:.1f} s,"
        f" {messages / done:,.0f} messages/s; idle {idle / 1e6:.0f} MB,"
        f" peak {grown / 1e6:.0f} MB above idle"
    )


if __name__ == "__main__":
    main()
