"""Model Builder's files: your data root, from which trainings read and into which jobs write."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx

from modelbourse.answers.builder.files import BuilderFile, BuilderFilesDeleted
from modelbourse.answers.builder.said import BuilderPage
from modelbourse.builder.asking import BUILDER, ask_builder, file_path, get_part, get_whole
from modelbourse.errors import NotConnectedError
from modelbourse.gateway import Gateway
from modelbourse.saving import save_pieces
from modelbourse.sending import FilePath, Watch
from modelbourse.steps import Flow, Steps

PIECE: Final = 1 << 18


def list_files(gateway: Gateway, prefix: str = "", *, limit: int = 100, offset: int = 0) -> Steps[BuilderPage[BuilderFile]]:
    """Return a part of your files, in the order of their paths; `prefix` is how they begin, such as `outputs/`."""
    return get_part(gateway, BuilderFile, "/files", limit=limit, offset=offset, prefix=prefix)


def all_files(gateway: Gateway, prefix: str = "") -> Flow[BuilderFile, None]:
    """Hand out all your files whose paths begin so."""
    return get_whole(gateway, BuilderFile, "/files", prefix=prefix)


def put_file(gateway: Gateway, path: str, file: FilePath, *, on_progress: Watch | None = None) -> Steps[BuilderFile]:
    """Send a file, whose bytes are checked when they have come; what is there already is replaced.

    `on_progress` is called with the bytes that were sent and how many there are. Raise InvalidRequestError for a path that cannot be,
    TooLargeError or ConflictError where the tier has no more room, or OSError.
    """
    place = Path(file)
    size, sha256 = place.stat().st_size, sha256_of(place)

    def pieces() -> Iterator[bytes]:
        sent = 0
        with place.open("rb") as opened:
            while piece := opened.read(PIECE):
                sent += len(piece)
                yield piece
                if on_progress is not None:
                    on_progress(sent, size)

    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size), "X-Checksum-SHA256": sha256}
    return (yield from ask_builder(gateway, BuilderFile, "PUT", file_path(path), content=pieces, headers=headers))


def get_file(gateway: Gateway, path: str, into: FilePath) -> Steps[Path]:
    """Write a file of your data root to the disk, whole or not at all, and return where it is; folders are made.

    Raise NotFoundError, NotConnectedError when it breaks off, or OSError.
    """
    place = Path(into)
    place = place / path.rpartition("/")[2] if place.is_dir() else place
    place.parent.mkdir(parents=True, exist_ok=True)
    answer = yield from gateway.ask("GET", f"{BUILDER}{file_path(path)}", stream=True)
    try:
        yield from save_pieces(answer, place)
    except httpx.TransportError as error:
        raise NotConnectedError(gateway.url, str(error)) from error
    return place


def delete_file(gateway: Gateway, path: str, *, recursive: bool = False) -> Steps[BuilderFilesDeleted]:
    """Delete a file, or with `recursive` a folder with all that is in it; raise NotFoundError."""
    return ask_builder(gateway, BuilderFilesDeleted, "DELETE", file_path(path), params={"recursive": recursive})


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits. Raise OSError."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            found.update(piece)
    return found.hexdigest()
