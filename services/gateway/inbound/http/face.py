"""A face: one public API with its own paths, statuses, spelling and words for errors; everything about it is declared here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import Final

from pydantic import BaseModel
from starlette.responses import Response

from libs.chassis.errors import ErrorKind, PlatformError
from libs.contracts.envelope import JsonObject

FILES: Final = (".png", ".svg", ".html")


class Access(Enum):
    """Who comes to a face's routes without a credential, before a route says so itself (`@open_as_documented`)."""

    CLOSED = "nobody"
    DOCUMENTED = "everybody under GATEWAY_ANONYMOUS=documented, nobody under never"
    OPEN = "everybody: each route asks for a caller where it needs one"


class Window(IntEnum):
    """How long a limit counts, in seconds."""

    MINUTE = 60
    HOUR = 3_600
    DAY = 86_400


class By(StrEnum):
    """Whose requests a limit counts together."""

    ACCOUNT = "account"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many requests in a window; one that counts by account counts a caller without one by address.

    `refusal` is what the document says to who sends one more; None for the platform's own words.
    """

    most: int
    window: Window
    by: By = By.ACCOUNT
    refusal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One public API.

    It owns the paths in `exact` and all at and below its `prefixes`. `name` is the key of its rate limits by tier, `limits` count besides.
    `error_body` says an error in its words, which are shown as `error_model`; `statuses` has the kinds of error that it answers with
    another status than the platform does, `exceptions` errors that it answers with another status than others of their kind, and
    `conflicts` are errors that are conflicts in its words; `spell` writes the names of fields as
    its requests have them. Where `trailing_slash` is true its routes are written with a slash at the end, elsewhere without; requests may
    do as they like. `nouns` are what its routes are about, each with a sentence: the tags of its routes in the OpenAPI document. `bodies`
    are the paths whose documented requests may be larger than `GATEWAY_MAX_BODY_BYTES`, each with how many bytes are read. `error_page`
    answers an error, given its status, where the face's readers are people and not programs.
    """

    name: str
    error_body: Callable[[PlatformError], JsonObject]
    error_model: type[BaseModel]
    prefixes: tuple[str, ...] = ()
    exact: frozenset[str] = frozenset()
    statuses: Mapping[ErrorKind, int] = field(default_factory=dict)
    exceptions: Mapping[type[PlatformError], int] = field(default_factory=dict)
    conflicts: tuple[type[PlatformError], ...] = ()
    spell: Callable[[str], str] | None = None
    access: Access = Access.OPEN
    limits: tuple[Limit, ...] = ()
    trailing_slash: bool = False
    title: str = ""
    nouns: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, int] = field(default_factory=dict)
    error_page: Callable[[PlatformError, int], Response] | None = None

    @property
    def prefix(self) -> str:
        """The first of its prefixes."""
        return self.prefixes[0]

    def tag(self, noun: str) -> str:
        """Return the tag of the routes that are about one of its nouns. Raise ValueError for another word."""
        if noun not in self.nouns:
            message = f"{self.name} has no noun '{noun}'"
            raise ValueError(message)
        return f"{self.title}: {noun}"

    def canonical(self, path: str) -> str:
        """Return the path as this face's routes are written; what is called like a file has no slash at its end."""
        slash = self.trailing_slash and not path.rstrip("/").endswith(FILES)
        if path.endswith("/") is slash or path == "/":
            return path
        return f"{path}/" if slash else path.rstrip("/") or "/"


class Faces:
    """All faces; each path belongs to the one that names most of it, which answers its 404 and 405, too."""

    def __init__(self, faces: Sequence[Face]) -> None:
        """One of the faces must own the prefix `/`. Raise ValueError when two own the same path."""
        self.all = tuple(faces)
        self._exact: dict[str, Face] = {}
        self._prefixes: dict[str, Face] = {}
        for face in faces:
            for path in face.exact:
                _claim(self._exact, path.rstrip("/") or "/", face=face)
            for prefix in face.prefixes:
                _claim(self._prefixes, prefix.rstrip("/"), face=face)
        longest_first = sorted(self._prefixes, key=len, reverse=True)
        self._longest_first = [(prefix, f"{prefix}/", self._prefixes[prefix]) for prefix in longest_first]

    def owner_of(self, path: str) -> Face:
        """Return the face that a path belongs to, whether or not it ends with a slash."""
        if self._exact and (face := self._exact.get(path.rstrip("/") or "/")) is not None:
            return face
        return next(face for prefix, below, face in self._longest_first if path.startswith(below) or path == prefix or not prefix)


def _claim(owners: dict[str, Face], path: str, *, face: Face) -> None:
    if path in owners:
        message = f"both {owners[path].name} and {face.name} own {path or '/'}"
        raise ValueError(message)
    owners[path] = face
