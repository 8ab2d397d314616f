"""Certificates and keys that variables name: how a connection uses them, and which one cannot be used, for `modelbourse doctor`."""

import ssl
from collections.abc import Mapping
from pathlib import Path


def context_of(files: Mapping[str, str | None]) -> ssl.SSLContext:
    """Return how a connection is encrypted with files by their use: `ca`, `cert`, `key`. Raise OSError for one that cannot be used."""
    context = ssl.create_default_context(cafile=files.get("ca"))
    if cert := files.get("cert"):
        context.load_cert_chain(cert, files.get("key"), password=_no_password)
    return context


def unusable_file(variables: Mapping[str, str], given: Mapping[str, str]) -> str | None:
    """Return which file cannot be used and why, None when all can; `variables` by their use."""
    named = {use: (variable, file) for use, variable in variables.items() if (file := given.get(variable))}
    for use in ("ca", "cert"):
        if use in named and (why := _no_certificate(named[use][1])):
            return _told(*named[use], why)
    if "key" in named and "cert" not in named:
        return f"{variables['cert']} is missing, of which {named['key'][0]} is the key"
    if "cert" not in named:
        return None
    try:
        context_of({use: file for use, (_, file) in named.items()})
    except ssl.SSLError as error:
        foreign = "mismatch" in str(error).lower()
        why = "is not the key of that certificate" if foreign else "holds no key without a password (PEM)"
        return _told(*named.get("key", named["cert"]), why)
    except OSError as error:  # The certificate was read above.
        return _told(*named.get("key", named["cert"]), f"cannot be read: {error.strerror}")
    return None


def _told(variable: str, file: str, why: str) -> str:
    return f"{variable}: {file} {why}"


def _no_certificate(file: str) -> str | None:
    try:
        Path(file).read_bytes()  # OpenSSL does not say which one it cannot read.
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        return "holds no certificate (PEM)"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None


def _no_password() -> str:
    """Keep OpenSSL from asking at the terminal for the password of a key that has one."""
    return ""
