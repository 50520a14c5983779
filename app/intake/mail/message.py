"""A letter as an e-mail: headers that cannot be injected, plain text and HTML."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from app.intake.mail.letter import Letter

_LONGEST_ADDRESS = 254
_LONGEST_NAME = 100

# The unquoted form of RFC 5321, with letters of any script (RFC 6531): no blanks, no
# line ends, nothing that starts another header or another address.
_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_DOMAIN = re.compile(r"([^\W_]([\w-]{0,61}[^\W_])?\.)*[^\W_]([\w-]{0,61}[^\W_])?")


class AddressInvalid(ValueError):
    """No mail can go to this address, ever."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the mail server is told, and the message; `recipient` is one address."""

    sender: str
    recipient: str
    content: bytes

    @property
    def international(self) -> bool:
        """Whether the server must know SMTPUTF8."""
        return not self.recipient.isascii()


def parse_address(text: str) -> Address:
    """Read an address without a name, its domain as DNS spells it.

    Raises AddressInvalid with the reason.
    """
    if len(text) > _LONGEST_ADDRESS:
        raise AddressInvalid(f"an address has at most {_LONGEST_ADDRESS} characters")
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local.encode()) > 64:
        raise AddressInvalid(f"{text!r} is not an e-mail address")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise AddressInvalid(f"{text!r} has no valid domain") from None
    if not _DOMAIN.fullmatch(domain):
        raise AddressInvalid(f"{text!r} has no valid domain")
    return Address(username=local, domain=domain)


def on_one_line(text: str, most: int = _LONGEST_NAME) -> str:
    """Return text without line ends and invisible characters, for a header."""
    visible = (
        " "
        if character.isspace() or unicodedata.category(character)[0] == "C"
        else character
        for character in text
    )
    return " ".join("".join(visible).split())[:most]


def write_message(
    letter: Letter,
    *,
    sender: Address,
    sender_name: str,
    recipient: str,
    recipient_name: str,
    message_number: int,
    written_at: datetime,
) -> Envelope:
    """Put a letter into an envelope.

    Message-ID and Date come from when the mail was written, so that a mail which is
    sent twice is the same mail. Raises AddressInvalid.
    """
    to = parse_address(recipient)
    message = EmailMessage(policy=SMTP if to.username.isascii() else SMTPUTF8)
    message["From"] = _named(sender, sender_name)
    message["To"] = _named(to, recipient_name)
    message["Subject"] = on_one_line(letter.subject, 200)
    message["Date"] = written_at
    stamp = f"{message_number}.{written_at:%Y%m%d%H%M%S%f}"
    message["Message-ID"] = f"<{stamp}@{sender.domain}>"
    # So that no absence note answers it. Source: RFC 3834.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(letter), cte="quoted-printable")
    message.add_alternative(as_html(letter), subtype="html", cte="quoted-printable")
    # In quoted-printable an underscore never follows an equals sign.
    message.set_boundary(f"=_{stamp}")
    return Envelope(sender.addr_spec, to.addr_spec, message.as_bytes())


def as_text(letter: Letter) -> str:
    """Write a letter as plain text."""
    return _templates().get_template("letter.txt").render(letter=letter)


def as_html(letter: Letter) -> str:
    """Write a letter as an HTML document."""
    return _templates().get_template("letter.html").render(letter=letter)


def _named(address: Address, name: str) -> Address:
    return Address(on_one_line(name), address.username, address.domain)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("app.intake.mail", "templates"),
        # Not what ends in .txt, where &amp; would be read as it stands.
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
