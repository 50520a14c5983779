"""Where mails go: to a mail server by SMTP, or as files into a folder."""

from __future__ import annotations

import os
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

from app.intake.mail.message import Envelope

_PORTS = {"smtp": 25, "smtps": 465}
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

StartTls = Literal["auto", "require", "off"]


class Refused(Exception):
    """The mail will never be taken; the text is what the server said."""


class Delayed(Exception):
    """The mail was not taken now; the text is what the server said."""


class Unreachable(Exception):
    """No mail can be handed over now, this one or another."""


class Session(Protocol):
    """A connection that takes mails, one after another."""

    @property
    def is_over(self) -> bool:
        """Whether no more mails can be handed over."""

    def send(self, envelope: Envelope, name: str) -> None:
        """Hand a mail over, `name` being its own for good.

        Raises Refused, Delayed or Unreachable.
        """


class Transport(Protocol):
    """A way for mails."""

    def session(self) -> Session:
        """Connect. Raises Unreachable."""

    def close(self, session: Session) -> None:
        """End a session, whatever state it is in."""


@contextmanager
def opened(transport: Transport) -> Iterator[Session]:
    """Open a session and end it."""
    session = transport.session()
    try:
        yield session
    finally:
        transport.close(session)


class Folder:
    """Writes each mail as a file: NAME.eml, the same name for the same mail."""

    def __init__(self, folder: Path) -> None:
        """Write into this folder, which is made when the first mail comes."""
        self._folder = folder

    def session(self) -> Folder:
        """Return itself: there is nothing to connect to."""
        return self

    def close(self, session: Session) -> None:
        """Do nothing."""

    @property
    def is_over(self) -> bool:
        """Whether no more mails can be handed over: never."""
        return False

    def send(self, envelope: Envelope, name: str) -> None:
        """Write the file whole or not at all; it holds a buyer's data, so mode 0600."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = self._folder / f".{name}.part"
            descriptor = os.open(
                unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600
            )
            with os.fdopen(descriptor, "wb") as file:
                file.write(envelope.content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise Unreachable(f"{self._folder}: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server; `tls` speaks TLS from the first byte (smtps)."""

    host: str
    port: int
    tls: bool
    starttls: StartTls
    username: str = ""
    password: str = ""
    authority: Path | None = None
    seconds: float = 30

    def __repr__(self) -> str:
        """Name the server, never its password."""
        return f"{self.host}:{self.port}"

    def session(self) -> SmtpSession:
        """Connect, turn to TLS and sign in, as far as the settings ask for it."""
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._connect()
            smtp.ehlo_or_helo_if_needed()
            self._secure(smtp)
            if self.username:
                self._sign_in(smtp)
        except (OSError, smtplib.SMTPException) as error:
            if smtp is not None:
                smtp.close()
            raise Unreachable(f"mail server {self!r}: {_said(error)}") from error
        return SmtpSession(smtp)

    def close(self, session: Session) -> None:
        """Say goodbye if the server still listens."""
        assert isinstance(session, SmtpSession)
        with suppress(OSError, smtplib.SMTPException):
            session.smtp.quit()
        session.smtp.close()

    def _connect(self) -> smtplib.SMTP:
        if self.tls:
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.seconds, context=self._context()
            )
        return smtplib.SMTP(self.host, self.port, timeout=self.seconds)

    def _secure(self, smtp: smtplib.SMTP) -> None:
        if self.tls or self.starttls == "off":
            return
        if smtp.has_extn("starttls"):
            smtp.starttls(context=self._context())
            smtp.ehlo()
        elif self.starttls == "require":
            raise smtplib.SMTPNotSupportedError("it does not offer STARTTLS")
        elif self.username and self.host not in _LOCAL_HOSTS:
            raise smtplib.SMTPNotSupportedError(
                "it does not offer STARTTLS, and the password is not sent in the clear"
            )

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        if f"{self.username}{self.password}".isascii():
            smtp.login(self.username, self.password)
            return
        # The library signs in with ASCII only; PLAIN takes UTF-8. Source: RFC 4616.
        plain = f"\0{self.username}\0{self.password}".encode()
        code, said = smtp.docmd("AUTH", f"PLAIN {b64encode(plain).decode()}")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, said)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(
            cafile=None if self.authority is None else str(self.authority)
        )


@dataclass(frozen=True, slots=True)
class SmtpSession:
    """A connection to a mail server."""

    smtp: smtplib.SMTP

    def send(self, envelope: Envelope, name: str) -> None:
        """Hand a mail over; its Message-ID is its name."""
        options = []
        if envelope.international:
            if not self.smtp.has_extn("smtputf8"):
                raise Refused("the mail server takes no addresses in other scripts")
            options.append("SMTPUTF8")
        try:
            self.smtp.sendmail(
                envelope.sender, [envelope.recipient], envelope.content, options
            )
        except smtplib.SMTPRecipientsRefused as error:
            (reply,) = error.recipients.values()
            raise _refusal(*reply) from error
        except smtplib.SMTPSenderRefused as error:
            # Ours is wrong, or not allowed: that says nothing about the buyer's.
            raise Unreachable(_said(error)) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            # It may have the mail or not: sent again, it has the same Message-ID.
            raise Delayed(_said(error)) from error

    @property
    def is_over(self) -> bool:
        """Whether the server has hung up."""
        return self.smtp.sock is None


def _refusal(code: int, text: bytes | str) -> Exception:
    said = f"{code} {_decoded(text)}"
    if code == 421:
        return Unreachable(said)
    return Refused(said) if 500 <= code < 600 else Delayed(said)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return " ".join(str(error).split())[:500] or type(error).__name__


def _decoded(text: bytes | str) -> str:
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return " ".join(text.split())[:500]


def open_transport(
    url: str, *, starttls: StartTls, authority: Path | None, folder: Path
) -> Transport:
    """Make the way for mails of smtp://user:password@host:port, smtps:// or "".

    Raises ValueError, without the password, for a URL that is none of these.
    """
    if not url:
        return Folder(folder)
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if scheme not in _PORTS or not host or parts.path.strip("/") or parts.query:
        raise ValueError(
            "FEEDGATE_SMTP_URL is not of the form smtp://user:password@host:port "
            "or smtps://user:password@host:port (special characters as %XX)"
        )
    return Server(
        host,
        port or _PORTS[scheme],
        scheme == "smtps",
        starttls,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        authority,
    )
