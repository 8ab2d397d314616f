"""A face: one public API with its own paths and its own words for errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from libs.chassis.errors import PlatformError
from libs.contracts.envelope import JsonObject

FILES: Final = (".png",)


@dataclass(frozen=True, slots=True)
class Face:
    """One API under one path prefix.

    `name` is the key of its rate limits, `error_body` says an error in its words, which are shown as
    `error_model`; `needs_credential` closes every route of it
    to callers without one, before their body is read. Where `trailing_slash` is true its routes are written with a slash at the
    end, elsewhere without; requests may do as they like.
    """

    name: str
    prefix: str
    error_body: Callable[[PlatformError], JsonObject]
    error_model: type[BaseModel]
    needs_credential: bool = False
    trailing_slash: bool = False

    def owns(self, path: str) -> bool:
        """Tell whether a path belongs to this face."""
        return path == self.prefix or path.startswith(self.prefix if self.prefix.endswith("/") else f"{self.prefix}/")

    def canonical(self, path: str) -> str:
        """Return the path as this face's routes are written; what is called like a file has no slash at its end."""
        slash = self.trailing_slash and not path.rstrip("/").endswith(FILES)
        if path.endswith("/") is slash or path == "/":
            return path
        return f"{path}/" if slash else path.rstrip("/") or "/"


def face_of(path: str, *, faces: Sequence[Face]) -> Face:
    """Return the face that owns a path; `faces` has the longest prefixes first and at the end the one that owns the rest, `*` included."""
    return next((face for face in faces if face.owns(path)), faces[-1])
