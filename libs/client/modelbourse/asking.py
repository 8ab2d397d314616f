"""The shapes that most uses of the gateway have: get one thing, a page of a list, or all of it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import TypeAdapter, ValidationError

from modelbourse.answers.answer import Answer, Page
from modelbourse.errors import UnreadableAnswerError, UnsendableError
from modelbourse.gateway import Gateway
from modelbourse.steps import Emit, Flow, Steps

A = TypeVar("A", bound=Answer)
T = TypeVar("T")
FACE: Final = "/api/ai-studio"
# What would lead elsewhere, quoted or not.
NO_IDS: Final = frozenset({"", ".", ".."})
# As many as a page may hold: a whole list takes the fewest requests.
PAGE_MOST: Final = 100


def ask_for(gateway: Gateway, kind: type[T], method: str, path: str, **options: Any) -> Steps[T]:
    """Send a request and return what is answered, as this kind of answer. Raise UnreadableAnswerError for anything else."""
    answer = yield from gateway.ask(method, path, **options)
    try:
        return TypeAdapter(kind).validate_json(answer.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnreadableAnswerError(method, path, f"{where}: {first['msg']}" if where else first["msg"]) from error


def get_page(gateway: Gateway, row: type[A], path: str, *, page: int, page_size: int | None, **filters: Any) -> Steps[Page[A]]:
    """Return one page of a list."""
    kind: type[Page[A]] = Page[row]  # type: ignore[valid-type]  # pydantic makes the class when it runs
    return (yield from ask_for(gateway, kind, "GET", path, params={"page": page, "page_size": page_size, **filters}))


def get_all(gateway: Gateway, row: type[A], path: str, **filters: Any) -> Flow[A, None]:
    """Hand out all rows of a list, a page fetched when the one before is used up: as `next` says, whatever comes and goes meanwhile."""
    kind: type[Page[A]] = Page[row]  # type: ignore[valid-type]  # pydantic makes the class when it runs
    params: dict[str, Any] | None = {"page_size": PAGE_MOST, **filters}
    while params is not None:
        found = yield from ask_for(gateway, kind, "GET", path, params=params)
        for each in found.results:
            yield Emit(each)
        params = params_of(found.next)


def collect_all(gateway: Gateway, row: type[A], path: str) -> Steps[list[A]]:
    """Return all rows of a list at once, as `get_all` hands them out."""
    kind: type[Page[A]] = Page[row]  # type: ignore[valid-type]  # as above
    rows: list[A] = []
    params: dict[str, Any] | None = {"page_size": PAGE_MOST}
    while params is not None:
        found = yield from ask_for(gateway, kind, "GET", path, params=params)
        rows += found.results
        params = params_of(found.next)
    return rows


def params_of(address: str | None) -> dict[str, Any] | None:
    """Return the query parameters of a `next`; None at the end. It is asked for where the list was, whatever host `next` names."""
    return None if address is None else dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def path_to(place: str, *parts: str, then: str = "/", noun: str = "id") -> str:
    """Return the path of a thing by its id; whatever an id holds, it leads nowhere else. Raise UnsendableError for what is no id.

    `noun` is what the parts are called where they are no ids.
    """
    for part in parts:
        if not isinstance(part, str) or part in NO_IDS:
            message = f"{part!r} is no {noun}"
            raise UnsendableError(message)
    return place + "/".join(quote(part, safe="") for part in parts) + then


def strings_of(name: str, value: str | Iterable[str]) -> list[str]:
    """Return what takes a string or several as a list of them. Raise UnsendableError for anything else."""
    listed = [value] if isinstance(value, str) else value
    if isinstance(listed, Iterable) and not isinstance(listed, Mapping):
        strings = list(listed)
        if all(isinstance(each, str) for each in strings):
            return strings
    message = f"{name} takes a string or a list of strings, which {value!r} is not"
    raise UnsendableError(message)


def given(**values: Any) -> dict[str, Any]:
    """Return the values that are told, for a request's body."""
    return {name: value for name, value in values.items() if value is not None}
