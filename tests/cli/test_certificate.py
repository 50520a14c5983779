"""certificate: what clients of https only are told to trust."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509

from tests.cli.conftest import Command


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _names(path: Path) -> list[str]:
    extension = x509.SubjectAlternativeName
    found = _certificate(path).extensions.get_extension_for_class(extension).value
    return [str(name.value) for name in found]


def test_the_server_certificate_is_for_the_hosts_named_and_this_machine(
    feedgate: Command,
    tmp_path: Path,
) -> None:
    """Clients compare the host they call; most test against localhost."""
    folder = tmp_path / "tls"

    done = feedgate("certificate", folder, "--host", "feedgate.example")

    assert done.code == 0
    assert "--tls-certificate" in done.out
    hosts = ["localhost", "127.0.0.1", "::1", "feedgate.example"]
    assert _names(folder / "server.pem") == hosts


def test_only_their_owner_reads_the_keys(feedgate: Command, tmp_path: Path) -> None:
    """Whoever has the authority's key can pose as any host to its clients."""
    feedgate("certificate", tmp_path)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert modes["authority.key"] == modes["server.key"] == 0o600
    assert set(modes) == {"authority.key", "authority.pem", "server.key", "server.pem"}


def test_openssl_trusts_the_certificate_by_its_authority(
    feedgate: Command, tmp_path: Path
) -> None:
    """The strictest reader at hand; clients rely on it or on its like."""
    feedgate("certificate", tmp_path)

    checked = subprocess.run(
        [
            *("openssl", "verify", "-x509_strict", "-purpose", "sslserver"),
            *("-verify_ip", "127.0.0.1"),
            *("-CAfile", tmp_path / "authority.pem", tmp_path / "server.pem"),
        ],
        capture_output=True,
        text=True,
    )

    assert checked.returncode == 0, checked.stderr


def test_a_second_certificate_is_of_the_same_authority(
    feedgate: Command, tmp_path: Path
) -> None:
    """Clients were told to trust it once; a new host must not mean telling again."""
    feedgate("certificate", tmp_path)
    authority = (tmp_path / "authority.pem").read_bytes()

    done = feedgate("certificate", tmp_path, "--host", "10.0.0.7")

    assert done.code == 0
    assert (tmp_path / "authority.pem").read_bytes() == authority
    assert "10.0.0.7" in _names(tmp_path / "server.pem")
    issuer = _certificate(tmp_path / "authority.pem")
    _certificate(tmp_path / "server.pem").verify_directly_issued_by(issuer)


@pytest.mark.parametrize(
    "host", ["", "a host", "http://feedgate.example", "-a.example"]
)
def test_what_is_no_host_is_refused(
    feedgate: Command, tmp_path: Path, host: str
) -> None:
    """A URL in its place is the likely slip, and no client would ever match it."""
    done = feedgate("certificate", tmp_path, "--host", host)

    assert done.code == 2
    assert f'"{host}" is no host name' in done.err
    assert list(tmp_path.iterdir()) == []


def test_half_an_authority_is_not_replaced(feedgate: Command, tmp_path: Path) -> None:
    """A new one over it would silently end the trust that clients were given."""
    feedgate("certificate", tmp_path)
    (tmp_path / "authority.key").unlink()

    done = feedgate("certificate", tmp_path)

    assert done.code == 2
    assert "authority.key is not" in done.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tls-certificate", "server.pem"], "give both"),
        (["--tls-certificate", "no.pem", "--tls-key", "server.key"], "no.pem is no"),
        (
            ["--tls-certificate", "server.pem", "--tls-key", "authority.key"],
            "cannot be used",
        ),
    ],
)
def test_serving_with_files_that_do_not_fit_ends_at_once(
    feedgate: Command, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    """With a sentence, before anything listens."""
    feedgate("certificate", tmp_path)
    given = [
        str(tmp_path / each) if not each.startswith("--") else each
        for each in arguments
    ]

    done = feedgate("serve", "--port", "0", *given)

    assert done.code == 2
    assert sentence in done.err
