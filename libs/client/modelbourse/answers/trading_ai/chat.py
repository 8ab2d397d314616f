"""The chat about the platform: answers from its own pages, with where they stand."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import AT, REASONS, Answer, Moment

CONVERSATION: str = "conv_5f0c9f6f0a0c4a0e9d7b3c1e2f4a6b8d"
SOURCE: str = "docs/guides/backup.md#restore-to-an-earlier-point"


class ChatSource(Answer):
    """A passage that an answer rests on."""

    number: int = Field(description="By which it is cited: `[1]`.", examples=[1])
    source: str = Field(description="The page's path in the repository, with its heading's anchor.", examples=[SOURCE])
    heading: str = Field(description="Its page and heading.", examples=["Backup and restore: Restore to an earlier point"])
    text: str = Field(description="The passage itself.", examples=["Stop all services, then restore each database …"])


class ChatAnswer(Answer):
    """An answer to a question about the platform."""

    response: str = Field(
        description="In an LLM's words, each sentence with its citations, or the best passages as they stand.",
        examples=["Stop all services first, then restore each database [1]."],
    )
    conversation_id: str = Field(description="Send it with the next question, which may lean on this one.", examples=[CONVERSATION])
    sources: list[str] = Field(description="Where the passages stand that it rests on.", examples=[[SOURCE]])
    timestamp: Moment = Field(description="When it was answered.", examples=[AT])
    answered_by: Literal["llm", "search"] = Field(description="Whether an LLM has put it into words.", examples=["llm"])
    model: str | None = Field(description="Which LLM; null where none has answered.", examples=["gpt-4o-mini"])
    passages: list[ChatSource] = Field(description="The passages themselves.")
    dropped: list[str] = Field(
        description="Sentences of the LLM's that cited no passage that there is: they are no part of the answer.", examples=[[]]
    )
    reasons: dict[str, str] = REASONS


class ChatSuggestions(Answer):
    """Questions that the pages answer."""

    suggestions: list[str] = Field(description="By the pages' own headings.", examples=[["Backup and restore: what has to be kept?"]])


class ChatCleared(Answer):
    """Conversations are removed."""

    message: str = Field(description="In words.", examples=["Chat history cleared successfully"])
    conversations_deleted: int = Field(description="How many.", examples=[1])
    timestamp: Moment = Field(description="When.", examples=[AT])
