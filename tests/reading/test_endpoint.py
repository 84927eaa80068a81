"""What is told of a certificate that was refused: real handshakes in memory, the reason in words, never a host's name."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers import make_certificates

from ropewalk.reading.endpoint import refusal


def old_certificates(folder: Path, *, days: float) -> tuple[Path, Path, Path]:
    """Certificate, key and authority as many companies have them: without key identifiers. Negative days: they have ended."""
    above, key, now = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    cert, secret, ca = folder / "old.pem", folder / "old-key.pem", folder / "old-ca.pem"

    def write(to: Path, subject: str, public: ec.EllipticCurvePublicKey, more: x509.ExtensionType) -> None:
        names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, n)]) for n in (subject, "Old authority")]
        made = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(public)
        made = made.serial_number(x509.random_serial_number()).add_extension(more, critical=False)
        made = made.not_valid_before(now - timedelta(days=900)).not_valid_after(now + timedelta(days=days))
        to.write_bytes(made.sign(above, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    write(ca, "Old authority", above.public_key(), x509.BasicConstraints(True, None))
    write(cert, "localhost", key.public_key(), x509.SubjectAlternativeName([x509.DNSName("localhost")]))
    plain = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return cert, secret, ca


def handshake(cert: Path, key: Path, ca: Path | None, host: str = "localhost", *, strict: bool = False) -> None:
    """Both ends in this process. strict: what Python asks for by default since 3.13."""
    serves, asks = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=ca)
    serves.load_cert_chain(cert, key)
    asks.verify_flags = asks.verify_flags | ssl.VERIFY_X509_STRICT if strict else asks.verify_flags & ~ssl.VERIFY_X509_STRICT
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, server = asks.wrap_bio(back, there, server_hostname=host), serves.wrap_bio(there, back, server_side=True)
    for _ in range(4):
        for end in (client, server):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


def refused(*given: object, **more: object) -> str:
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        handshake(*given, **more)  # type: ignore[arg-type]
    return refusal(caught.value)


def test_the_certificates_of_the_tests_hold_also_where_python_is_strict(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    handshake(made.cert, made.key, made.ca, strict=True)


def test_why_a_certificate_was_refused_is_told(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    assert "issuer" in refused(made.cert, made.key, None)
    assert refused(made.cert, made.key, made.ca, "db.secret.example") == " (it bears another name)"
    assert refused(*old_certificates(tmp_path, days=30), strict=True) == " (Missing Authority Key Identifier)"
    assert refused(*old_certificates(tmp_path, days=-1)) == " (certificate has expired)"


def test_other_errors_tell_nothing() -> None:
    assert refusal(OSError("connect to db.secret.example failed")) == ""
    assert refusal(ssl.SSLError("certificate")) == ""
