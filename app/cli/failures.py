"""What ends a command with a sentence, and how every other error becomes one."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from typer import TyperException

from app.errors import ServiceError

NO = 1
"""The exit code of an answer that is "no": errors in a report, a difference."""

FAILED = 2
"""The exit code of a command that could not do what it was asked."""

INTERRUPTED = 130


class Failure(Exception):
    """A command cannot do what it was asked; the text is the sentence to show."""

    def __init__(self, sentence: str, *more: str) -> None:
        """Keep one sentence, or one for each thing that is wrong."""
        super().__init__(sentence)
        self.sentences = (sentence, *more)


@contextmanager
def failing(mistake: type[Exception]) -> Iterator[None]:
    """Tell of a mistake, whose text is a clause, in a sentence."""
    try:
        yield
    except mistake as error:
        text = str(error)
        raise Failure(f"{text[:1].upper()}{text[1:]}.") from error


def say(error: BaseException) -> int:
    """Write an error as sentences on stderr and return the exit code."""
    for sentence in _sentences(error):
        typer.echo(f"feedgate: {sentence}", err=True)
    return FAILED


def _sentences(error: BaseException) -> tuple[str, ...]:
    if isinstance(error, Failure):
        return error.sentences
    if isinstance(error, TyperException):
        return (_usage(error),)
    if isinstance(error, ServiceError):
        return (_ended(str(error)),)
    if isinstance(error, ValidationError):
        return tuple(_setting(each["loc"], each) for each in error.errors())
    if isinstance(error, OSError) and error.filename is not None:
        return (f"{error.filename}: {_ended(error.strerror or str(error))}",)
    # Here, and not above: most commands fail without ever having seen a database.
    from app.store.backends import is_outage

    if is_outage(error):
        return (f"The database or its folder is out of reach: {_reason(error)}",)
    return (_bug(error),)


def _usage(error: TyperException) -> str:
    """Say what the command line lacks, and which help describes it."""
    text = _on_one_line(error.format_message()).removesuffix(".")
    context = getattr(error, "ctx", None)
    command = "feedgate" if context is None else context.command_path
    return f"{text} (see {command} --help)."


def _setting(location: tuple[int | str, ...], error: object) -> str:
    """Say which setting has a value that cannot be."""
    assert isinstance(error, dict)
    name = "_".join(str(part) for part in location if isinstance(part, str))
    given, reason = str(error["input"])[:60], str(error["msg"])
    reason = reason[:1].lower() + reason[1:]
    return f'FEEDGATE_{name.upper()} is "{given}": {_ended(reason)}'


def _reason(error: BaseException) -> str:
    """Return the driver's own first line; SQLAlchemy adds statements to it."""
    return _ended(str(getattr(error, "orig", None) or error).strip().splitlines()[0])


def _bug(error: BaseException) -> str:
    """Name a bug; where it is, is shown to those who ask for it."""
    if os.environ.get("FEEDGATE_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    text = _on_one_line(str(error))[:200]
    return (
        f"This is a bug in Feedgate ({type(error).__name__}: {text}); "
        "FEEDGATE_LOG_LEVEL=debug shows where."
    )


def _on_one_line(text: str) -> str:
    return _ended(" ".join(text.split()))


def _ended(sentence: str) -> str:
    sentence = sentence.strip()
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
