"""Worker and API processes of the real service, forked off a server of forks.

The server of forks has imported everything, so that a process is there at once: what
`feedgate work` and `feedgate serve --workers 0` run, without their imports.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event as Signal
from threading import Event

from app.cli.server import listen, server
from app.main import build, calm_collector
from app.settings import Settings
from tests.torture.world import World, ids

_START_SECONDS = 60

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.torture.processes"])


def work(world: World, at_work: Signal) -> None:
    """Be a worker process, until SIGTERM; say when it is at work."""
    ended = Event()
    signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    service = build(_prepared(world), world.clock, ids)
    calm_collector()
    service.worker.start()
    at_work.set()
    ended.wait()
    service.worker.stop()
    service.close()


def serve(world: World, port: int) -> None:
    """Be an API process without a worker, until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = _prepared(world)
    service = build(settings, world.clock, ids)
    line = settings.max_request_line_bytes
    http = server(service.app, world.clock, ids, request_line_bytes=line)
    with listen("127.0.0.1", port) as listening:
        http.run(sockets=[listening])


def _prepared(world: World) -> Settings:
    logging.basicConfig(
        filename=world.log,
        level=logging.INFO,
        format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return Settings(**world.settings)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@dataclass
class Workers:
    """Some worker processes; whoever is killed is replaced at once."""

    world: World
    dice: random.Random
    alive: list[BaseProcess] = field(default_factory=list)
    signals: dict[str, Signal] = field(default_factory=dict)
    kills: int = 0
    freezes: int = 0

    def start(self, count: int = 1) -> None:
        """Start so many more."""
        for _ in range(count):
            at_work = _forks.Event()
            process = spawned(work, self.world, at_work)
            self.signals[process.name] = at_work
            self.alive.append(process)

    def wait(self) -> None:
        """Wait until all are at work: before, one neither ends in peace nor is hit."""
        for process in self.alive:
            assert self.signals[process.name].wait(_START_SECONDS), process

    def kill(self) -> None:
        """SIGKILL one, as the kernel does when memory runs out."""
        victim = self.alive.pop(self.dice.randrange(len(self.alive)))
        self.start()
        kill(victim)
        self.kills += 1

    def freeze(self, meanwhile: Callable[[], object]) -> None:
        """SIGSTOP one, and wake it when `meanwhile` is over."""
        victim = self.dice.choice(self.alive)
        assert victim.pid is not None
        os.kill(victim.pid, signal.SIGSTOP)
        try:
            meanwhile()
        finally:
            os.kill(victim.pid, signal.SIGCONT)
        self.freezes += 1

    def end(self) -> None:
        """Let all end in peace; each must end with exit code 0."""
        self.wait()
        for process in self.alive:
            process.terminate()
        codes = []
        while self.alive:
            process = self.alive.pop()
            process.join()
            codes.append(process.exitcode)
        assert not any(codes), codes

    def kill_all(self) -> None:
        """Leave none behind, whatever became of the test."""
        while self.alive:
            kill(self.alive.pop())


def spawned(target: object, *arguments: object) -> BaseProcess:
    """Start a process off the server of forks."""
    process: BaseProcess = _forks.Process(target=target, args=arguments)  # type: ignore[arg-type] # a function
    process.start()
    return process


def kill(process: BaseProcess) -> None:
    """SIGKILL a process and wait for its end."""
    process.kill()
    process.join()
