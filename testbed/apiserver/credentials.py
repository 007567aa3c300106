"""What people need to reach the server over HTTPS: a CA made for this cluster, a certificate, a token, kubeconfigs.

kubectl sends no token over plain HTTP, so HTTPS it is, even on loopback. What is there already is kept, so that a
restarted server is trusted by the kubeconfigs that were handed out.
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = datetime.timedelta(days=825)
"""Validity of certificates: the longest that all TLS clients accept of a server's."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Paths of the certificate and its key for the server, and the token that clients must bear."""

    certificate: Path
    key: Path
    token: str


def prepare(directory: Path, socket: Path, port: int | None) -> Credentials:
    """Makes what is missing in ``directory``: ca.crt, server.crt, server.key, token, and both kubeconfigs anew.

    ``kubeconfig`` (for people; only with a ``port``) goes to ``https://127.0.0.1:port``, ``local.kubeconfig`` to
    the Unix socket. All but the CA's certificate is readable by the owner alone. Raises ``OSError``.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, certificate, key, token = (
        directory / name for name in ("ca.crt", "server.crt", "server.key", "token")
    )
    if not all(path.exists() for path in (authority, certificate, key)):
        _certify(authority, certificate, key)
    if not token.exists():
        _write(token, secrets.token_urlsafe(32).encode())
    secret = token.read_text().strip()
    _write(directory / "local.kubeconfig", _kubeconfig({"server": f"unix:{socket.resolve()}"}, {}))
    if port is not None:
        cluster = {
            "server": f"https://127.0.0.1:{port}",
            "certificate-authority-data": base64.b64encode(authority.read_bytes()).decode(),
        }
        _write(directory / "kubeconfig", _kubeconfig(cluster, {"token": secret}))
    return Credentials(certificate, key, secret)


def _kubeconfig(cluster: dict[str, Any], user: dict[str, Any]) -> bytes:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "testbed",
        "clusters": [{"name": "testbed", "cluster": cluster}],
        "users": [{"name": "testbed", "user": user}],
        "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": "testbed"}}],
    }
    return yaml.safe_dump(document, sort_keys=False).encode()


def _certify(authority: Path, certificate: Path, key: Path) -> None:
    """A CA whose key is forgotten at once, and the one certificate that it signs."""
    authority_key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ovn-testbed cluster CA")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ovn-testbed API server")])
    ca_usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    root = (
        _builder(issuer, issuer, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(ca_usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    leaf = (
        _builder(issuer, subject, server_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    private = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key, private)
    _write(certificate, leaf.public_bytes(serialization.Encoding.PEM))
    _write(authority, root.public_bytes(serialization.Encoding.PEM), mode=0o644)


def _builder(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
    )


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Writes a file as a whole or not at all, never readable by others in between."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    partial.replace(path)
