"""Why a server refuses us, in one sentence: a certificate or a login that is wrong. Told once in a while, not at each attempt."""

import time
from typing import Final

from libs.chassis.logs import log

AGAIN_S: Final = 60.0
# What OpenSSL says, in whichever library's error it stands, and what it means of a server or of us.
TLS: Final = (
    ("certificate has expired", "its certificate has expired"),
    ("certificate is not yet valid", "its certificate is not valid yet: compare the clocks"),
    ("hostname mismatch", "its certificate is for another name than the address"),
    ("ip address mismatch", "its certificate is for another name than the address"),
    ("self-signed certificate", "its certificate is signed by no authority that is known here: {ca_file} names one"),
    ("self signed certificate", "its certificate is signed by no authority that is known here: {ca_file} names one"),
    ("issuer certificate", "its certificate is signed by no authority that is known here: {ca_file} names one"),
    ("certificate_required", "it asks for a certificate of ours: {cert_file} names one"),
    ("certificate required", "it asks for a certificate of ours: {cert_file} names one"),
    ("alert unknown ca", "it does not take our certificate: it does not know who signed it"),
    ("alert_unknown_ca", "it does not take our certificate: it does not know who signed it"),
    ("alert certificate expired", "it does not take our certificate: it has expired"),
    ("alert_certificate_expired", "it does not take our certificate: it has expired"),
    ("bad certificate", "it does not take our certificate"),
    ("bad_certificate", "it does not take our certificate"),
    ("handshake failure", "it asks for a certificate of ours: {cert_file} names one"),
    ("wrong_version_number", "it does not speak TLS at this address"),
    ("wrong version number", "it does not speak TLS at this address"),
    ("record layer failure", "it does not speak TLS at this address"),
)
_told_at: dict[str, float] = {}


class RefusedError(Exception):
    """A server does not take us as we are set up; the message is a sentence for the operator."""


def why_tls(error: BaseException, *, ca_file: str, cert_file: str) -> str | None:
    """Return what is wrong with a certificate, None when that is not what `error` is about; the variables are named where they help."""
    said = _words(error).lower()
    meaning = next((meaning for mark, meaning in TLS if mark in said), None)
    return meaning.format(ca_file=ca_file, cert_file=cert_file) if meaning else None


def tell(sentence: str) -> None:
    """Log a sentence as an error, once a minute however often it is found again."""
    present = time.monotonic()
    if present - _told_at.get(sentence, -AGAIN_S) >= AGAIN_S:
        _told_at[sentence] = present
        log().error(sentence)


def _words(error: BaseException) -> str:
    """Return what an error says, and those that led to it: libraries wrap what OpenSSL says."""
    said, at = [], error
    while at is not None and len(said) < 10:  # noqa: PLR2004  # more would be a circle
        said.append(str(at))
        at = at.__cause__ or at.__context__  # type: ignore[assignment]
    return " ".join(said)
