"""Mail servers with TLS and with a sign-in: a certificate is always checked."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from app.cli.certificate import certificate
from app.intake.mail.job import MailJob
from app.intake.mail.transport import Transport
from app.store.outbox import OutboxMail
from tests.held import HeldClock
from tests.mail.conftest import Inbox, go_on, transport_of

PASSWORD = "pässwörd / 1"
URL_PASSWORD = "p%C3%A4ssw%C3%B6rd%20%2F%201"

NewJob = Callable[[Transport], MailJob]
Mails = Callable[[], list[OutboxMail]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `feedgate certificate` fills it."""
    folder = tmp_path_factory.mktemp("tls")
    certificate(folder)
    return folder


@pytest.fixture
def tls(authority: Path) -> ssl.SSLContext:
    """What a server with that certificate speaks."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority / "server.pem", authority / "server.key")
    return context


def authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
) -> AuthResult:
    """Let nobody in but the shop."""
    assert isinstance(data, LoginPassword)
    known = data.login == b"shop" and data.password.decode() == PASSWORD
    # Not handled: the server itself says 235 or 535.
    return AuthResult(success=known, handled=False)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
class TestTls:
    """smtps speaks TLS from the first byte, smtp turns to it by STARTTLS."""

    @pytest.fixture
    def port(
        self, scheme: str, tls: ssl.SSLContext, new_server: Callable[..., int]
    ) -> int:
        """The port of a server that takes mails over TLS, from the shop only."""
        signed_in = {"authenticator": authenticate, "auth_required": True}
        if scheme == "smtps":
            # It takes no sign-in without a STARTTLS of its own, unless it is told to.
            return new_server(ssl_context=tls, auth_require_tls=False, **signed_in)
        return new_server(tls_context=tls, require_starttls=True, **signed_in)

    def test_a_mail_goes_out_signed_in(
        self,
        scheme: str,
        port: int,
        authority: Path,
        add_mail: Callable[..., None],
        new_job: NewJob,
        inbox: Inbox,
        tmp_path: Path,
    ) -> None:
        """The password may have any characters."""
        url = f"{scheme}://shop:{URL_PASSWORD}@localhost:{port}"
        trusted = authority / "authority.pem"
        add_mail()

        new_job(transport_of(url, tmp_path, authority=trusted)).step(go_on)

        assert inbox.recipients == ["ada@buyers.example"]

    @pytest.mark.parametrize(
        ("host", "user", "knows", "said"),
        [
            ("localhost", f"shop:{URL_PASSWORD}", False, "certificate verify failed"),
            ("localhost", "shop:wrong", True, "535 5.7.8"),
        ],
    )
    def test_nothing_goes_to_a_stranger(
        self,
        scheme: str,
        port: int,
        authority: Path,
        add_mail: Callable[..., None],
        new_job: NewJob,
        inbox: Inbox,
        mails: Mails,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        host: str,
        user: str,
        knows: bool,
        said: str,
    ) -> None:
        """The mail waits without an attempt counted; the log has no password."""
        trusted = authority / "authority.pem" if knows else None
        url = f"{scheme}://{user}@{host}:{port}"
        add_mail()

        new_job(transport_of(url, tmp_path, authority=trusted)).step(go_on)

        assert inbox.mails == []
        (mail,) = mails()
        assert (mail.sent_at, mail.given_up_at, mail.attempts) == (None, None, 0)
        assert said in caplog.text
        assert PASSWORD not in caplog.text
        assert "wrong" not in caplog.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_starttls_that_is_required_and_not_offered(
    add_mail: Callable[..., None],
    new_job: NewJob,
    new_server: Callable[..., int],
    inbox: Inbox,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    clock: HeldClock,
) -> None:
    """Nothing is said in the clear."""
    transport = transport_of(
        f"smtp://127.0.0.1:{new_server()}", tmp_path, starttls="require"
    )
    add_mail()

    new_job(transport).step(go_on)

    assert inbox.mails == []
    assert "does not offer STARTTLS" in caplog.text
