"""The log: lines to read, or JSON objects, with the ids that they belong to."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

Form = Literal["text", "json"]

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_ids: ContextVar[dict[str, object]] = ContextVar("feedgate_log_ids", default={})  # noqa: B039 # never changed


@contextmanager
def bound(**ids: object) -> Iterator[None]:
    """Give every line that is logged inside these ids, such as request_id.

    Only JSON shows them. Threads that anyio starts inside have them too.
    """
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def set_up(level: str, form: Form) -> None:
    """Log to stderr from now on."""
    # What no line shows need not be found out. Source: logging HOWTO, "Optimization".
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler()
    handler.addFilter(_add_ids)
    handler.setFormatter(_json() if form == "json" else logging.Formatter(_FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    # Alembic tells of every database it opens, these of every call they make.
    for name in ("alembic", "botocore", "boto3", "urllib3", "httpx", "opentelemetry"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _json() -> logging.Formatter:
    """Write one object a line; `extra` of a call becomes fields of it."""
    return JsonFormatter(
        "{levelname}{name}{message}",
        style="{",
        rename_fields={"levelname": "level", "name": "logger"},
        timestamp="time",
    )


def _add_ids(record: logging.LogRecord) -> bool:
    for name, value in _ids.get().items():
        if not hasattr(record, name):
            setattr(record, name, value)
    return True
