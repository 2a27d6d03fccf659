"""X.509 both ways, against a real TLS server on loopback with an authority made for the test."""

from __future__ import annotations

import datetime as dt
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from spy.domain.errors import Refused
from spy.http import Http
from tests.support.scripted import Scripted, reply

LONG = timedelta(seconds=10)
WHO = reply(body="{}")


class Authority:
    """Signs certificates into PEM files that hold certificate and key, as a grid proxy does."""

    def __init__(self, folder: Path, name: str = "Test Grid Authority") -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.path = folder / f"{name}.pem"
        certificate = self._certificate(self._name, self._key, is_authority=True, days=10)
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, name: str, *, days: int = 10) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certificate(subject, key, is_authority=False, days=days)
        path = self._folder / f"{name}.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return path

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool, days: int
    ) -> x509.Certificate:
        end = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        usage = x509.KeyUsage(
            digital_signature=not is_authority,
            key_cert_sign=is_authority,
            crl_sign=is_authority,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - dt.timedelta(days=30))
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def server_side(authority: Authority) -> ssl.SSLContext:
    """A server that wants a client certificate of the same authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.sign("server"))
    context.load_verify_locations(authority.path)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def ask(url: str, cert: Path | None, authorities: Path | None) -> int:
    http = Http("dqm", url, deadline=LONG, cert=(cert, cert) if cert else None, authorities=authorities)
    try:
        return http.get("samples").status
    finally:
        http.close()


def test_a_client_certificate_opens_the_door(authority: Authority) -> None:
    with Scripted(WHO, tls=server_side(authority)) as server:
        assert ask(server.url, authority.sign("proxy"), authority.path) == 200


def test_a_directory_of_authorities_that_lacks_the_servers_vouches_for_nobody(
    authority: Authority, tmp_path: Path
) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    with Scripted(WHO, tls=server_side(authority)) as server, pytest.raises(Refused, match="verify failed"):
        ask(server.url, authority.sign("proxy"), folder)


@pytest.mark.parametrize("who", ["nobody", "an expired proxy", "somebody of another authority"])
def test_a_client_that_the_server_does_not_accept_is_refused_and_not_unanswered(
    authority: Authority, tmp_path: Path, who: str
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cert = {
        "nobody": None,
        "an expired proxy": authority.sign("old", days=-1),
        "somebody of another authority": Authority(other, "Other").sign("proxy"),
    }[who]
    with Scripted(WHO, tls=server_side(authority)) as server, pytest.raises(Refused, match="TLS"):
        ask(server.url, cert, authority.path)


def test_a_server_that_nobody_vouches_for_is_refused(authority: Authority) -> None:
    with Scripted(WHO, tls=server_side(authority)) as server, pytest.raises(Refused, match="verify failed"):
        ask(server.url, authority.sign("proxy"), None)


def test_a_renewed_proxy_is_used_without_a_restart(authority: Authority) -> None:
    old = authority.sign("proxy", days=-1)
    with Scripted(reply(body="{}", Connection="close"), tls=server_side(authority)) as server:
        http = Http("dqm", server.url, deadline=LONG, cert=(old, old), authorities=authority.path)
        with pytest.raises(Refused):
            http.get("samples")
        assert authority.sign("proxy") == old
        assert http.get("samples").status == 200
        http.close()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_file_that_cannot_be_used_is_named(authority: Authority, tmp_path: Path, content: str) -> None:
    path = tmp_path / "usercert.pem"
    if content:
        path.write_text(content)
    with Scripted(WHO, tls=server_side(authority)) as server, pytest.raises(Refused, match=r"usercert\.pem"):
        ask(server.url, path, authority.path)


def test_authorities_that_cannot_be_read_are_named(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"nothing\.pem"):
        ask("https://localhost:1/", None, tmp_path / "nothing.pem")
