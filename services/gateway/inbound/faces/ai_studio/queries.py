"""What AI Studio's lists are asked by: status words, pages, and the addresses of the pages beside this one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from libs.contracts.names import did_you_mean
from services.gateway.domain.errors import NotFoundError
from services.gateway.inbound.exchange import exchange_of

PAGE_SIZE: Final = 20
PAGE_SIZE_MOST: Final = 100
SHOWN: Final = 60
DIGITS_MOST: Final = 9


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of how many items, and the request's own address."""

    page: int
    size: int
    request: Request

    def link(self, page: int) -> str:
        """Return the absolute address of another page with the same filters."""
        there = self.request.url.include_query_params(page=page)
        return f"{exchange_of(self.request.scope).public_url}{there.path}?{there.query}"

    def check(self, count: int) -> None:
        """Raise NotFoundError for a page beyond the last one."""
        last = max(1, -(-count // self.size))
        if self.page > last:
            message = f"Invalid page: there are {last}."
            raise NotFoundError(message, details={"page": [f"The last page is {last}."]})


def read_paging(request: Request) -> Paging:
    """Read `page` and `page_size`. Raise InvalidError."""
    problems: dict[str, list[str]] = {}
    page = _whole(request, "page", default=1, most=10**DIGITS_MOST, problems=problems)
    size = _whole(request, "page_size", default=PAGE_SIZE, most=PAGE_SIZE_MOST, problems=problems)
    if problems:
        msg = "The list cannot be paged like this."
        raise InvalidError(msg, details=problems)
    return Paging(page, size, request)


def read_word(request: Request, name: str, *, known: Mapping[str, Any] | Iterable[str]) -> str | None:
    """Read a filter that is one of some words. Raise InvalidError that lists them and names the nearest."""
    word, words = request.query_params.get(name), list(known)
    if word is None or word == "":
        return None
    if word not in words:
        problem = f"'{word[:SHOWN]}' is not one of {', '.join(words)}.{did_you_mean(word, words)}"
        msg = "The list cannot be filtered like this."
        raise InvalidError(msg, details={name: [problem]})
    return word


def read_id(request: Request, name: str, *, prefix: str) -> str | None:
    """Read a filter that is an id. Raise InvalidError for what cannot be one."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    if not is_id(text, prefix=prefix):
        msg = "The list cannot be filtered like this."
        raise InvalidError(msg, details={name: [f"'{text[:SHOWN]}' is not an id: it begins with {prefix}_."]})
    return text


def _whole(request: Request, name: str, *, default: int, most: int, problems: dict[str, list[str]]) -> int:
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MOST + 1 and 1 <= int(text) <= most:
        return int(text)
    problems[name] = [f"Must be a whole number from 1 to {most}."]
    return default
