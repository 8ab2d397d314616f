"""Cursors: where a list goes on, as an opaque word that is good for one list of one account alone."""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.chassis.errors import InvalidError
from libs.chassis.stores.parts import Key

NONCE_BYTES: Final = 12
LONGEST: Final = 1000
PURPOSE: Final = b"modelbourse list cursors\x00"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
WORDS: Final = "This is no cursor of this list with these filters and this order: take it from `next`, or begin without one."


class Cursors:
    """Makes and reads cursors. They are encrypted and signed (AES-GCM): a row's key may hold what its readers are not shown."""

    def __init__(self, secrets_: Sequence[str]) -> None:
        # The first secret makes cursors, all read them: so a secret can be changed while somebody walks.
        self._ciphers = [AESGCM(hashlib.sha256(PURPOSE + secret.encode()).digest()) for secret in secrets_]

    def make(self, key: Key, *, scope: str) -> str:
        """Return the cursor of a row's key in the list that `scope` names."""
        text = json.dumps([_packed(value) for value in key], separators=(",", ":")).encode()
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._ciphers[0].encrypt(nonce, text, scope.encode())
        return _spelled(sealed)

    def read(self, cursor: str, *, scope: str) -> Key:
        """Return a cursor's key. Raise InvalidError for one that was changed, or was made for another list."""
        sealed = _sealed_in(cursor)
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        for cipher in self._ciphers if text else ():
            try:
                return tuple(_unpacked(value) for value in json.loads(cipher.decrypt(nonce, text, scope.encode())))
            except InvalidTag:
                continue
        msg = "The list cannot be paged like this."
        raise InvalidError(msg, details={"cursor": [WORDS]})


def _spelled(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _sealed_in(cursor: str) -> bytes:
    """Return the bytes that a cursor spells; none unless it is spelled as `make` does: the bits that base64 leaves over are zero."""
    try:
        sealed = base64.b64decode(cursor[:LONGEST] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""
    return sealed if _spelled(sealed) == cursor else b""


def _packed(value: Any) -> Any:
    """Return a value of a key as JSON: moments as whole milliseconds, which is what is stored of them."""
    match value:
        case datetime():
            return {"ms": (value - EPOCH) // timedelta(milliseconds=1)}
        case Decimal():
            return {"decimal": str(value)}
        case _:
            return value


def _unpacked(value: Any) -> Any:
    match value:
        case {"ms": int(milliseconds)}:
            return EPOCH + timedelta(milliseconds=milliseconds)
        case {"decimal": str(text)}:
            return Decimal(text)
        case _:
            return value
