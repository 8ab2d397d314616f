"""Style sheet and scripts as they are served: named by their content, kept by browsers for a year, compressed once."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.gateway.inbound.http.documents import nothing_at

FOLDER: Final = Path(__file__).with_name("static")
ROOT: Final = "/app/static"
TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOREVER: Final = "public, max-age=31536000, immutable"
HASH_DIGITS: Final = 12
COMPRESSION: Final = 9


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load."""

    name: str
    content: bytes
    compressed: bytes
    digest: str

    @property
    def media_type(self) -> str:
        """What it is."""
        return TYPES[Path(self.name).suffix]


@cache
def assets() -> dict[str, Asset]:
    """Return all files that pages may load, by name; read and compressed once."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in TYPES:
            content, name = path.read_bytes(), path.name
            digest = hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
            found[name] = Asset(name, content, gzip.compress(content, COMPRESSION, mtime=0), digest)
    return found


def address_of(name: str) -> str:
    """Return where a file lies; another content has another address. Raise KeyError for one that is not there."""
    return f"{ROOT}/{assets()[name].digest}/{name}"


async def serve(request: Request) -> Response:
    """Answer one file, or 304 to who has it. What is asked for by another release's address is answered as it is here, and not kept."""
    asset = assets().get(request.path_params["name"])
    if asset is None:
        raise nothing_at(request)
    current = request.path_params["digest"] == asset.digest
    headers = {"etag": f'"{asset.digest}"', "cache-control": FOREVER if current else "no-cache", "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, media_type=asset.media_type, headers=headers | {"content-encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=headers)


route: Final = Route(f"{ROOT}/{{digest}}/{{name}}", serve, methods=["GET"])
