"""How lists are walked: by `page`, or by the cursor that `next` carries, and how such a page is answered; or by `limit` and `offset`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.chassis.stores.parts import Key, Part
from modelbourse.answers.answer import Page
from services.gateway.domain.errors import NotFoundError
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.queries import InvalidQueryError, query

P = TypeVar("P", bound=Page[Any])
PAGE_SIZE: Final = 20
PAGE_SIZE_MOST: Final = 100
DIGITS_MOST: Final = 9
# What is no filter: a cursor goes on whatever these say.
STEERING: Final = frozenset({"page", "page_size", "cursor"})
PAGE_NUMBER: Final = query("page", "Page number, from 1.", type="integer", minimum=1, default=1)
CURSOR: Final = query(
    "cursor",
    "Where the list goes on, as `next` has it: the way to walk through a list. Whatever is created or deleted meanwhile, each row that "
    "stays is seen once, and after the last one there is an empty page. Good for the same list, filters and order; it comes before `page`.",
)


def parts(size: int) -> list[dict[str, Any]]:
    """Return the parameters of a list, as the OpenAPI document has them; a page has `size` rows where none is said."""
    return [PAGE_NUMBER, query("page_size", "Results a page.", type="integer", minimum=1, maximum=PAGE_SIZE_MOST, default=size), CURSOR]


PAGES: Final = parts(PAGE_SIZE)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list a request wants, and the request's own address."""

    part: Part
    request: Request

    def page(self, kind: type[P], rows: Sequence[Any], *, count: int, after: Key | None) -> P:
        """Return a part of a list as an answer of this kind. Raise NotFoundError; see `answer`."""
        return kind(**self.answer(rows, count=count, after=after))

    def answer(self, rows: Sequence[Any], *, count: int, after: Key | None) -> dict[str, Any]:
        """Return a part of a list. Raise NotFoundError for a page's number beyond the last one; after a cursor there may be nothing.

        `after` is the key of the last row, None when none comes after it.
        """
        last, page = max(1, -(-count // self.part.size)), self.part.page
        if self.part.after is None and page > last:
            message = f"Invalid page: there are {last}."
            raise NotFoundError(message, details={"page": [f"The last page is {last}."]})
        return {
            "count": count,
            "next": None if after is None else self._link(page + 1, after=after),
            "previous": self._link(page - 1, after=None) if page > 1 else None,
            "results": list(rows),
        }

    def _link(self, page: int, *, after: Key | None) -> str:
        """Return the absolute address of another part with the same filters: after a row, or by its number."""
        there = self.request.url.remove_query_params("cursor").include_query_params(page=page)
        exchange = exchange_of(self.request.scope)
        if after is not None:
            there = there.include_query_params(cursor=exchange.cursors.make(after, scope=_scope_of(self.request)))
        return f"{exchange.public_url}{there.path}?{there.query}"


def read_paging(request: Request, *, size: int = PAGE_SIZE) -> Paging:
    """Read `page`, `page_size` (`size` where none is said) and `cursor`. Raise InvalidError."""
    problems: dict[str, list[str]] = {}
    page = _whole(request, "page", default=1, most=10**DIGITS_MOST, problems=problems)
    size = _whole(request, "page_size", default=size, most=PAGE_SIZE_MOST, problems=problems)
    if problems:
        msg = "The list cannot be paged like this."
        raise InvalidError(msg, details=problems)
    cursor = request.query_params.get("cursor")
    after = exchange_of(request.scope).cursors.read(cursor, scope=_scope_of(request)) if cursor else None
    return Paging(Part(size, page, after), request)


@dataclass(frozen=True, slots=True)
class Offsets:
    """Lists of which a request names the first row and how many: `limit` (up to `most`), `offset`."""

    size: int = 50
    most: int = PAGE_SIZE_MOST

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """The query parameters, as the OpenAPI document has them."""
        return [
            query("limit", "How many results at most.", type="integer", minimum=1, maximum=self.most, default=self.size),
            query("offset", "How many results to pass over.", type="integer", minimum=0, default=0),
        ]

    def read(self, request: Request) -> Part:
        """Return which part of a list a request wants. Raise InvalidQueryError."""
        problems: dict[str, list[str]] = {}
        limit = _whole(request, "limit", default=self.size, most=self.most, problems=problems)
        offset = _whole(request, "offset", default=0, least=0, most=10**DIGITS_MOST, problems=problems)
        if problems:
            msg = "The list cannot be paged like this."
            raise InvalidQueryError(msg, details=problems)
        return Part(limit, offset=offset)


def _scope_of(request: Request) -> str:
    """Return what a cursor is good for: this list, of this account, with these filters and this order."""
    caller = exchange_of(request.scope).caller
    filters = sorted((name, value) for name, value in request.query_params.multi_items() if name not in STEERING and value)
    return repr((caller.account_id if caller else None, request.url.path, filters))


def _whole(request: Request, name: str, *, default: int, most: int, problems: dict[str, list[str]], least: int = 1) -> int:
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MOST + 1 and least <= int(text) <= most:
        return int(text)
    problems[name] = [f"Must be a whole number from {least} to {most}."]
    return default
