"""A certificate authority of one platform: it signs the certificates of the servers that stand on the inner network."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.compose.place import place

AUTHORITY_LIFE: Final = timedelta(days=3650)
CERTIFICATE_LIFE: Final = timedelta(days=825)
# Who writes the secrets once a quarter never meets an expired certificate.
RENEW_BEFORE: Final = timedelta(days=120)
# Clocks differ.
BEGINS_EARLIER: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Authority:
    """The authority's certificate and key; `is_new` when they were made just now."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    is_new: bool

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Return the authority whose `ca.crt` and `ca.key` lie in the folder; make it where they do not."""
        certificate_file, key_file = folder / "ca.crt", folder / "ca.key"
        if certificate_file.exists() and key_file.exists():
            key = load_pem_private_key(key_file.read_bytes(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                message = f"{key_file} holds no key of an elliptic curve: move it and ca.crt away to have both made anew"
                raise TypeError(message)
            return cls(x509.load_pem_x509_certificate(certificate_file.read_bytes()), key, is_new=False)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Modelbourse platform authority")])
        usage = _usage(signs_certificates=True)
        builder = _builder(name, key=key.public_key(), issuer=name, life=AUTHORITY_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).add_extension(usage, critical=True)
        certificate = builder.sign(key, hashes.SHA256())
        # A certificate without its key, or the other way round, is made anew; what is left of an older pair never stands beside a new one.
        certificate_file.unlink(missing_ok=True)
        place(key_file, _pem(key), mode=0o600)
        place(certificate_file, certificate.public_bytes(Encoding.PEM).decode())
        return cls(certificate, key, is_new=True)

    def issue(self, names: Sequence[str]) -> tuple[str, str]:
        """Return a certificate for these host names and addresses, and its key, both as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        builder = _builder(subject, key=key.public_key(), issuer=self.certificate.subject, life=CERTIFICATE_LIFE)
        # A server calls itself and its like, so each certificate is good for both ends.
        ends = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = (
            builder.add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(ends, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(), _pem(key)

    def has_to_renew(self, file: Path, *, names: Sequence[str]) -> bool:
        """Return whether a certificate is missing, ends soon, is another authority's or lacks one of these names."""
        if not file.exists():
            return True
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        try:
            # By its signature: authorities made here all have the same name.
            certificate.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, ValueError):
            return True
        if certificate.not_valid_after_utc - datetime.now(UTC) < RENEW_BEFORE:
            return True
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return any(_general(name) not in known for name in names)


def _builder(subject: x509.Name, *, key: ec.EllipticCurvePublicKey, issuer: x509.Name, life: timedelta) -> x509.CertificateBuilder:
    began = datetime.now(UTC) - BEGINS_EARLIER
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
