"""A file as it comes: written to the disk in pieces, beside its place, and put there when all of it has come."""

import secrets
from pathlib import Path

import httpx

from modelbourse.steps import Line, Steps


def save_pieces(answer: httpx.Response, into: Path) -> Steps[None]:
    """Write what a stream still holds to a file, whole or not at all. Raise OSError."""
    beside = into.with_name(f".{into.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("xb") as file:
            while (piece := (yield Line(answer.extensions["pieces"]))) is not None:
                file.write(piece)
        beside.replace(into)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
