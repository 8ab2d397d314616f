"""How Model Builder is asked: its answers are wrapped, and its lists are paged."""

from typing import Any, Final, TypeVar

from modelbourse.answers.answer import Answer
from modelbourse.answers.builder.said import BuilderPage, BuilderSaid
from modelbourse.asking import ask_for, path_to
from modelbourse.gateway import Gateway
from modelbourse.steps import Emit, Flow, Steps

T = TypeVar("T")
A = TypeVar("A", bound=Answer)
BUILDER: Final = "/api/v1"
# As many as a page may hold: a whole list takes the fewest requests.
PAGE_MOST: Final = 100


def ask_builder(gateway: Gateway, kind: type[T], method: str, path: str, **options: Any) -> Steps[T]:
    """Send a request and return the `data` of what is answered. Raise UnreadableAnswerError for anything else."""
    wrapped: type[BuilderSaid[T]] = BuilderSaid[kind]  # type: ignore[valid-type]  # pydantic makes the class when it runs
    said = yield from ask_for(gateway, wrapped, method, f"{BUILDER}{path}", **options)
    return said.data


def get_part(gateway: Gateway, row: type[A], path: str, *, limit: int, offset: int, **filters: Any) -> Steps[BuilderPage[A]]:
    """Return a part of a list."""
    kind: type[BuilderPage[A]] = BuilderPage[row]  # type: ignore[valid-type]  # as above
    return (yield from ask_builder(gateway, kind, "GET", path, params={"limit": limit, "offset": offset, **filters}))


def get_whole(gateway: Gateway, row: type[A], path: str, **filters: Any) -> Flow[A, None]:
    """Hand out all rows of a list, a page fetched when the one before is used up."""
    offset = 0
    while True:
        page = yield from get_part(gateway, row, path, limit=PAGE_MOST, offset=offset, **filters)
        for each in page.items:
            yield Emit(each)
        offset += PAGE_MOST
        if not page.pagination.has_next:
            return


def file_path(path: str) -> str:
    """Return where a file of the data root is asked for. Raise UnsendableError for a path that would lead elsewhere."""
    return path_to("/files/", *path.removeprefix("./").split("/"), then="", noun="part of a path")
