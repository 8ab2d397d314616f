"""What a page is: a template, the paths of the public API that it reads, and the forms that it takes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

# What the API answered, by the names of a page's reads; and what a form sent, by field.
Facts: TypeAlias = dict[str, Any]
Form: TypeAlias = Mapping[str, str]


# A page's number has at most so many digits.
PAGE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Read:
    """A GET of the public API. Its path is filled in from the page's own path; `query` are parameters of the page that are handed on.

    `size` makes a list's `limit` and, from the page's `page`, its `offset`. What is not `needed` is None where the API refuses it, and
    the page's `problems` say why; without the others there is no page. `also` are further statuses of an answer that says what was asked.
    With a `body` it is a POST, of a question that the API takes so and that changes nothing.
    """

    path: str
    query: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None
    needed: bool = True
    also: tuple[int, ...] = ()
    body: Mapping[str, Any] | None = None


# In which currency amounts are: read as `prices` by pages that show any, which have it as `currency`.
PRICES: Final = Read("/api/ai-studio/compute/prices/", needed=False)


@dataclass(frozen=True, slots=True)
class Action:
    """A form's request to the API: `body` makes its JSON of what was sent. Then the reader goes to where `goes` says, and reads `done`.

    What asks and changes nothing `shows` its answer on the same page, by that name.
    """

    method: str
    path: str
    body: Callable[[Form], Any] | None = None
    goes: Callable[[Any, Mapping[str, str]], str] | None = None
    done: str = ""
    shows: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """A form that brings a file, which is the body of a request to the API; `query` are those of its fields that go beside it.

    `path` is made of the fields, of the parameters of the page's own path, and of the file's name, as `filename`.
    """

    method: str
    path: Callable[[Form], str]
    fields: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    goes: Callable[[Any, Mapping[str, str]], str] | None = None
    done: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page at a path. `title` may be made of what was read; `more` are reads that need what others have found.

    `shape` adds to what the template is given: options of charts above all. `upload` takes its form with a file, if it has one.
    `crumbs` are the pages above it, each an address and a word.
    """

    path: str
    template: str
    title: str | Callable[[Facts], str]
    reads: Mapping[str, Read] = field(default_factory=dict)
    more: Callable[[Facts], Mapping[str, Read]] | None = None
    shape: Callable[[Facts], Mapping[str, Any]] | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    upload: Upload | None = None
    crumbs: tuple[tuple[str, str], ...] = ()

    def title_of(self, facts: Facts) -> str:
        """Return its title."""
        return self.title if isinstance(self.title, str) else self.title(facts)


def filled(form: Form, *names: str, numbers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return those of a form's fields that are filled in, as JSON has them; what is no number is sent as it is, for the API to refuse."""
    return {name: number_of(form[name]) if name in numbers else form[name] for name in (*names, *numbers) if form.get(name, "").strip()}


def several(form: Form, name: str) -> list[str]:
    """Return what a field lists: values of its boxes, or words between commas or on lines of their own."""
    return [each.strip() for each in form.get(name, "").replace("\n", ",").split(",") if each.strip()]


def json_of(text: str) -> Any:
    """Return a field's JSON, `{}` where it is empty, and its text where it is none: the API says what is wrong with it."""
    try:
        return json.loads(text) if text.strip() else {}
    except ValueError:
        return text


def page_number(asked: Mapping[str, str]) -> int:
    """Return which page of a list is asked for, from 1 on; what is no number, or none that a list could have, is the first."""
    page = asked.get("page", "")
    return max(int(page), 1) if page.isdecimal() and len(page) <= PAGE_DIGITS else 1


def number_of(text: str) -> Any:
    """Return a field's number, or its text where it is none."""
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() and "." not in text else value
