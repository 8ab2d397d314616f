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
    ("certificate verify failed", "its certificate is signed by no authority that is known here: {ca_file} names one"),
    ("wrong version number", "it does not speak TLS at this address"),
    ("record layer failure", "it does not speak TLS at this address"),
)
# What a server says that will not have us, of a certificate that it was shown, or was not.
ALERTS: Final = ("alert bad certificate", "alert certificate", "alert unknown ca", "alert handshake failure", "certificate required")
_told_at: dict[str, float] = {}


class RefusedError(Exception):
    """A server does not take us as we are set up; the message is a sentence for the operator."""


def why_tls(error: BaseException, *, ca_file: str, cert_file: str, shown: bool | None = None) -> str | None:
    """Return what is wrong with a certificate, None when that is not what `error` is about.

    `ca_file` and `cert_file` are the variables that set them, `shown` is whether we showed a certificate of our own, None where that
    is not known.
    """
    said = _words(error).lower().replace("_", " ")
    if any(alert in said for alert in ALERTS):
        if shown is None:
            return f"it asks for a certificate of ours, or does not take the one that it got ({cert_file})"
        if shown:
            return f"it does not take our certificate ({cert_file}): has that expired, and does it know who signed it?"
        return f"it asks for a certificate of ours: {cert_file} names one"
    meaning = next((meaning for mark, meaning in TLS if mark in said), None)
    return meaning.format(ca_file=ca_file) if meaning else None


def tell(sentence: str) -> None:
    """Log a sentence as an error, once a minute however often it is found again."""
    present = time.monotonic()
    if present - _told_at.get(sentence, -AGAIN_S) >= AGAIN_S:
        _told_at[sentence] = present
        log().error(sentence)


def _words(error: BaseException) -> str:
    """Return what an error says, and those that led to it: libraries wrap what OpenSSL says."""
    said: list[str] = []
    at: BaseException | None = error
    while at is not None and len(said) < 10:  # noqa: PLR2004  # more would be a circle
        said.append(str(at))
        at = at.__cause__ or at.__context__
    return " ".join(said)
