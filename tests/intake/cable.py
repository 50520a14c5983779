"""A cable to PostgreSQL that can be cut."""

from __future__ import annotations

import contextlib
import socket
from threading import Thread
from typing import Self

from sqlalchemy import URL, make_url


class Cable:
    """Leads from a port of its own to a server.

    After `cut` nothing gets through until `mend`.
    """

    def __init__(self, url: str) -> None:
        self._server = make_url(url)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self._is_cut = False
        self._marker: bytes | None = None
        self._accepting = Thread(target=self._accept)
        self._pumps: list[Thread] = []

    @property
    def url(self) -> str:
        """The URL of the database through the cable."""
        host, port = self._listening.getsockname()
        through = URL.create(
            self._server.drivername,
            self._server.username,
            self._server.password,
            host,
            port,
            self._server.database,
        )
        return through.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self._is_cut = True
        self._hang_up()

    def cut_at_commit_of(self, statement: str) -> None:
        """Cut it when the transaction with that statement is committed.

        The server has done it, but the client never learns.
        """
        self._marker = statement.encode()

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._accepting.join()
        self._hang_up()
        for pump in self._pumps:
            pump.join()
        for end in self._ends:
            end.close()

    def _hang_up(self) -> None:
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self._is_cut:
                client.close()
                continue
            server = self._reach()
            self._ends += [client, server]
            for pump in (
                Thread(target=self._pump, args=(client, server, True)),
                Thread(target=self._pump, args=(server, client, False)),
            ):
                pump.start()
                self._pumps.append(pump)

    def _reach(self) -> socket.socket:
        folder = self._server.query.get("host")
        if isinstance(folder, str) and folder.startswith("/"):
            reached = socket.socket(socket.AF_UNIX)
            reached.connect(f"{folder}/.s.PGSQL.{self._server.port or 5432}")
            return reached
        address = (self._server.host or "127.0.0.1", self._server.port or 5432)
        return socket.create_connection(address)

    def _pump(
        self, source: socket.socket, target: socket.socket, from_client: bool
    ) -> None:
        marked = False
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if from_client and self._marker and self._marker in piece:
                    marked = True
                if marked and b"COMMIT" in piece:
                    self._is_cut = True
                    source.shutdown(socket.SHUT_RDWR)
                    target.sendall(piece)
                    return
                target.sendall(piece)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
