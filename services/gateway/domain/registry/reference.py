"""How a version in the registry is named: in the platform's words, or in those of MLflow's addresses."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean
from services.gateway.domain.registry.version import Status

SCHEME: Final = "models:/"
LATEST: Final = "latest"
# MLflow's words for how far a version has come, as its clients send them.
STAGE_WORDS: Final = {"None": Status.REGISTERED, "Staging": Status.STAGING, "Production": Status.PRODUCTION, "Archived": Status.ARCHIVED}
_BY_WORD: Final = {word.lower(): status for word, status in STAGE_WORDS.items()}
RULE: Final = (
    "Must be a name for what is in production under it, 'name@alias' or 'name@3', or an address as MLflow has them: "
    "'models:/name/3', 'models:/name/Production', 'models:/name@alias' or 'models:/name/latest'."
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name, and which of its versions: a number or an alias, a status (the newest one in it), the newest of all, or production's."""

    name: str
    wanted: str | None = None
    status: Status | None = None
    newest: bool = False


def is_reference(text: str) -> bool:
    """Tell whether a text is an address of a registered version, where something else might stand as well."""
    return text.startswith(SCHEME)


def read_reference(text: str, *, field: str = "model") -> Reference:
    """Return what a text names. Raise InvalidError for an address that names nothing, under the name of the field that it was sent in."""
    if not is_reference(text):
        name, _, wanted = text.partition("@")
        return Reference(name, wanted or None)
    rest = text.removeprefix(SCHEME)
    name, at, alias = rest.partition("@")
    if at and alias and "/" not in rest:
        return Reference(name, alias)
    name, slash, which = rest.partition("/")
    if not name or not slash or not which or "/" in which:
        raise _refused(field, RULE)
    if which.isascii() and which.isdigit():
        return Reference(name, which)
    if which.lower() == LATEST:
        return Reference(name, newest=True)
    if (status := stage_of(which)) is None:
        raise _refused(field, f"'{which[:60]}' is no version and no stage.{did_you_mean(which, [*STAGE_WORDS, LATEST])} {RULE}")
    return Reference(name, status=status)


def stage_of(word: str) -> Status | None:
    """Return the status of a stage in MLflow's words, however they are capitalised; None for another word."""
    return _BY_WORD.get(word.lower())


def address(name: str, number: int) -> str:
    """Return the address of a version: `models:/name/3`."""
    return f"{SCHEME}{name}/{number}"


def _refused(field: str, why: str) -> InvalidError:
    return InvalidError("This names no version in the registry.", details={field: [why]})
