"""What lists are filtered by: words and ids."""

from collections.abc import Iterable
from typing import Final, TypeVar

from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from libs.contracts.names import did_you_mean

W = TypeVar("W", bound=str)
SHOWN: Final = 60


def read_word(request: Request, name: str, *, known: Iterable[W]) -> W | None:
    """Read a filter that is one of some words. Raise InvalidError that lists them and names the nearest."""
    word, words = request.query_params.get(name), list(known)
    if word is None or word == "":
        return None
    found = next((each for each in words if each == word), None)
    if found is None:
        problem = f"'{word[:SHOWN]}' is not one of {', '.join(words)}.{did_you_mean(word, words)}"
        msg = "The list cannot be filtered like this."
        raise InvalidError(msg, details={name: [problem]})
    return found


def read_id(request: Request, name: str, *, prefix: str) -> str | None:
    """Read a filter that is an id. Raise InvalidError for what cannot be one."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    if not is_id(text, prefix=prefix):
        msg = "The list cannot be filtered like this."
        raise InvalidError(msg, details={name: [f"'{text[:SHOWN]}' is not an id: it begins with {prefix}_."]})
    return text
