"""Certificates on this side: what a server's is checked by, and our own where a server asks for one."""

import ssl
from pathlib import Path


def context_of(ca: Path | None, *, cert: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Return how a connection is encrypted: the server must be who its address says, by `ca` or else the machine's authorities.

    `cert` (and `key`, where it is not in the same file) is shown to a server that asks. Raise OSError, or its child ssl.SSLError,
    for a file that cannot be used.
    """
    context = ssl.create_default_context(cafile=ca)
    if cert is not None:
        context.load_cert_chain(cert, key, password=_no_password)
    return context


def unusable_authorities(file: Path) -> str | None:
    """Return why a file names no authorities, None when it does."""
    try:
        context_of(file)
    except ssl.SSLError:
        return "it holds no certificate (PEM)"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return None


def unusable_pair(cert: Path, key: Path | None) -> str | None:
    """Return why the key of a certificate cannot be used, None when it can; without `key` it is in the certificate's file."""
    try:
        context_of(None, cert=cert, key=key)
    except ssl.SSLError as error:
        if "mismatch" in str(error).lower():
            return "it is not the key of that certificate"
        return (
            "it holds no certificate with a key that needs no password (PEM)" if key is None else "it holds no key without a password (PEM)"
        )
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return None


def _no_password() -> str:
    """Keep OpenSSL from asking at the terminal for the password of a key that has one."""
    return ""
