"""certificate: a local authority and a server certificate, for clients of https only.

Many MWS clients speak nothing but https. Theirs is a certificate from an authority that
they are told to trust, made here; it is for testing and for closed networks.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.cli.failures import Failure

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")

# Clients refuse server certificates that hold for longer than about 27 months.
_SERVER_DAYS = 825
_AUTHORITY_DAYS = 3_650
# Clocks of the calling machines may lag behind.
_SKEW = timedelta(hours=1)

_HOST_NAME = re.compile(
    r"(?=.{1,253}$)(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority with the key that it signs with."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog="Example: feedgate certificate tls --host feedgate.example")(
        certificate
    )


def certificate(
    folder: Annotated[Path, typer.Argument(help="Folder to write the files to.")],
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="Name or address that clients call; may be repeated. Added to "
            f"{', '.join(LOCAL_HOSTS)}."
        ),
    ] = None,
) -> None:
    """Make a local authority, and a server certificate that it has signed.

    An authority that is there already is kept, so that clients need not be told again.
    """
    names = [
        _general_name(each) for each in dict.fromkeys((*LOCAL_HOSTS, *(host or ())))
    ]
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    authority = _authority_of(folder, now)
    key = ec.generate_private_key(ec.SECP256R1())
    server = _server_certificate(authority, key, names, now)
    _write(folder / "server.key", _key_text(key), 0o600)
    # With the authority's, or clients that know only a root could not follow.
    chain = _text(server) + _text(authority.certificate)
    _write(folder / "server.pem", chain, 0o644)
    typer.echo(
        f"Clients must trust {folder / 'authority.pem'}; start the service with:"
    )
    typer.echo(
        f"  feedgate serve --tls-certificate {folder / 'server.pem'} "
        f"--tls-key {folder / 'server.key'}"
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        name = host.lower()
    if not _HOST_NAME.fullmatch(name):
        raise Failure(f'"{host}" is no host name and no IP address.')
    return x509.DNSName(name)


def _authority_of(folder: Path, now: datetime) -> Authority:
    """Read the authority of a folder, or make one there."""
    path, key_path = folder / "authority.pem", folder / "authority.key"
    if path.exists() != key_path.exists():
        there, lost = (path, key_path) if path.exists() else (key_path, path)
        raise Failure(
            f"{there} is there, but {lost} is not: remove the one, or bring "
            "the other back."
        )
    if path.exists():
        return _read_authority(path, key_path, now)
    authority = _make_authority(now)
    _write(key_path, _key_text(authority.key), 0o600)
    _write(path, _text(authority.certificate), 0o644)
    return authority


def _read_authority(path: Path, key_path: Path, now: datetime) -> Authority:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise Failure(f"{path} and {key_path} cannot be read: {error}.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Failure(f"{key_path} was not made by this command.")
    if found.public_key() != key.public_key():
        raise Failure(f"{key_path} is not the key of {path}.")
    if found.not_valid_after_utc <= now:
        raise Failure(f"{path} has expired: remove it and {key_path}.")
    return Authority(found, key)


def _make_authority(now: datetime) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Feedgate local authority")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = (
        _begun(name, name, key, now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(made, key)


def _server_certificate(
    authority: Authority,
    key: ec.EllipticCurvePrivateKey,
    names: list[x509.GeneralName],
    now: datetime,
) -> x509.Certificate:
    issuer = authority.certificate
    days = min(_SERVER_DAYS, (issuer.not_valid_after_utc - now).days)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())  # type: ignore[arg-type] # an elliptic curve, made or checked above
    server_auth = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        _begun(_name("Feedgate"), issuer.subject, key, now, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(server_auth, critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(of_issuer, critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _text(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all, never readable by more than `mode` says."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)
