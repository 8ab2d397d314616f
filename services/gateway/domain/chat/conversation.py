"""Conversations about the platform, the pages that answer them, and the ports to both."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

KEPT: Final = timedelta(days=30)
# Nobody can ask for it again who has lost its id.
STRANGERS_KEPT: Final = timedelta(days=1)
EXCHANGES_MOST: Final = 12
CONVERSATIONS_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was answered to it."""

    question: str
    answer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PagePassage:
    """A part of a page. `source` is the page's path in the repository, with the heading's anchor."""

    source: str
    page: str
    heading: str
    text: str


class Pages(Protocol):
    """The platform's own pages."""

    async def search(self, question: str, *, before: str, most: int) -> tuple[PagePassage, ...]:
        """Return the passages that fit a question best; `before` is the question before it, which a follow-up leans on."""

    async def suggestions(self, *, most: int) -> tuple[str, ...]:
        """Return questions that the pages answer, one a page."""
        ...


class Conversations(Protocol):
    """What was said, by account and conversation; of who has no account (None) by the conversation's id alone, which nobody can guess."""

    async def said(self, conversation_id: str, *, account_id: str | None) -> tuple[Exchange, ...] | None:
        """Return what was said, oldest first; None where there is no such conversation of the account."""

    async def add(self, conversation_id: str, exchange: Exchange, *, account_id: str | None) -> None:
        """Add to a conversation, which begins with it where there is none: the oldest exchanges and conversations make way."""

    async def clear(self, *, account_id: str | None, conversation_id: str | None) -> int:
        """Remove a conversation, or all of an account; return how many."""

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""
