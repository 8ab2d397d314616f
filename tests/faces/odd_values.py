"""Values that nobody expects in a field, and what an answer to them may be."""

from collections.abc import Set as AbstractSet
from typing import Any, Final

import httpx

ODD: Final[list[Any]] = [None, True, 0, -1, 1.5, "", "x", [], {}, [None], [[]], {"a": None}, 1e308]


def taken_or_refused_for(field: str, answer: httpx.Response, *, taken: AbstractSet[int] = frozenset({201})) -> bool:
    """Tell whether a value was taken, or refused by the name of its field."""
    if answer.status_code != 400:
        return answer.status_code in taken
    return any(name.partition(".")[0] == field for name in answer.json()["error"]["details"])
