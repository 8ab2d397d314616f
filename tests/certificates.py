"""An authority of a test's own, and the certificates that it signs for servers and their clients."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """Its files: the certificate, its key, and both in one, all PEM."""

    cert: Path
    key: Path
    both: Path


class Authority:
    """Signs certificates; `file` holds its own."""

    def __init__(self, folder: Path, *, name: str = "authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name, self._key = folder, _named(name), ec.generate_private_key(ec.SECP256R1())
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        signed = (
            _begun(self._name, self._name, self._key.public_key())
            .add_extension(constraints, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(signed.public_bytes(Encoding.PEM))

    def issue(self, name: str, *, address: str = "127.0.0.1", days: int = 1) -> Certificate:
        """Sign one for this common name and address, good for some days; a negative number is how long ago it expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        begun = _begun(_named(name), self._name, key.public_key(), days=days).add_extension(names, critical=False)
        cert = begun.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files = Certificate(*(self._folder / f"{name}.{kind}.pem" for kind in ("cert", "key", "both")))
        files.cert.write_bytes(cert)
        files.key.write_bytes(secret)
        files.both.write_bytes(secret + cert)
        return files


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, days: int = 1) -> x509.CertificateBuilder:
    ends = datetime.now(UTC) + timedelta(days=days)
    begins = min(ends, datetime.now(UTC)) - timedelta(days=1)
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key).serial_number(x509.random_serial_number())
    return begun.not_valid_before(begins).not_valid_after(ends)
