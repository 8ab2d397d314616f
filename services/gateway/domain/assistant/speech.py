"""What the assistant says: sentences, each with the source that it rests on, and calls that may come next."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from libs.contracts.envelope import JsonObject

API: Final = "/api/ml-development"
"""Where the things are that it speaks of."""
CITATION: Final = re.compile(r"\[[\d,\s]+\]")
NUMBER: Final = re.compile(r"\d+(?:[.,]\d+)*")


Method = Literal["GET", "POST", "PUT", "DELETE"]
Kind = Literal["recipe", "recipes", "recipe_version", "run", "model", "snapshot", "page"]


class Topic(StrEnum):
    """What a question is about."""

    RECIPE = "recipe"
    RESULT = "result"
    CHANGES = "changes"
    DRIFT = "drift"
    FAILURE = "failure"
    PROMOTION = "promotion"
    CHOICE = "choice"
    PROPOSAL = "proposal"
    STATUS = "status"
    PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Source:
    """Where something stands: a thing of the platform by its address, or a page by its path. `text` is what is told of it."""

    kind: Kind
    path: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may come next; nobody sends it but the reader."""

    title: str
    method: Method
    path: str
    body: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another manifest of a recipe: what it changes of the resolved one, and what a new version has to be sent."""

    recipe_id: str
    base_version_id: str
    family: str
    manifest: JsonObject
    resolved: JsonObject
    diff: tuple[JsonObject, ...]
    summary: str


@dataclass(slots=True)
class Speech:
    """An answer while it is made: each sentence cites its source by number, and is kept with that source as a fact."""

    topic: Topic
    sources: list[Source] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    proposal: Proposal | None = None
    why_no_proposal: str | None = None
    recipe_id: str | None = None

    def about(self, kind: Kind, path: str, title: str) -> int:
        """Return the number of a source, which is named once."""
        for number, each in enumerate(self.sources, start=1):
            if each.path == path:
                return number
        self.sources.append(Source(kind, path, title, ""))
        return len(self.sources)

    def say(self, sentence: str, *numbers: int) -> None:
        """Say a sentence that rests on sources; without one it is of the assistant itself."""
        cited = "".join(f" [{number}]" for number in numbers)
        self.sentences.append(f"{sentence[:-1]}{cited}{sentence[-1]}" if numbers else sentence)
        for number in numbers:
            known = self.sources[number - 1]
            text = f"{known.text} {sentence}".strip()
            self.sources[number - 1] = Source(known.kind, known.path, known.title, text)

    def quote(self, source: Source) -> int:
        """Return the number of a source that has a text of its own."""
        self.sources.append(source)
        return len(self.sources)

    def suggest(self, title: str, method: Method, path: str, body: JsonObject | None = None) -> None:
        """Name a call that may come next."""
        self.calls.append(Call(title, method, path if path.startswith("/api/") else API + path, body))

    @property
    def text(self) -> str:
        """All that was said."""
        return " ".join(self.sentences)


def number(value: float | None) -> str:
    """Return a figure as it is read: four significant digits, null as `unknown`."""
    return "unknown" if value is None else f"{value:.4g}"


def shown(value: object, *, most: int = 80) -> str:
    """Return a value of a manifest in short."""
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= most else f"{text[:most]} …"


def unfounded_numbers(text: str, *, told: str) -> list[str]:
    """Return the numbers of a text that nothing told has, as they are written; citations are none."""
    return sorted(set(NUMBER.findall(CITATION.sub(" ", text))) - set(NUMBER.findall(told)))
