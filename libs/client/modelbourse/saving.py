"""A file as it comes: written to the disk in pieces, beside its place, and put there when all of it has come."""

import hashlib
import secrets
from pathlib import Path
from typing import Final

import httpx

from modelbourse.steps import Line, Steps

# The SHA-256 of all that is sent, in hexadecimal digits, where the platform tells it.
CHECKSUM: Final = "X-Checksum-SHA256"


def save_pieces(answer: httpx.Response, into: Path) -> Steps[None]:
    """Write what a stream still holds to a file, whole or not at all.

    Raise httpx.TransportError where it breaks off or its checksum is not what was told, or OSError.
    """
    told, found = answer.headers.get(CHECKSUM), hashlib.sha256()
    beside = into.with_name(f".{into.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("xb") as file:
            while (piece := (yield Line(answer.extensions["pieces"]))) is not None:
                file.write(piece)
                if told:
                    found.update(piece)
        _check(found.hexdigest(), told)
        beside.replace(into)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _check(found: str, told: str | None) -> None:
    if told and told.casefold() != found:
        message = f"the file's checksum is {found} instead of {told}: it was damaged on its way"
        raise httpx.RemoteProtocolError(message)
