"""The chat about the platform: questions answered from its own pages."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Request
from pydantic import ConfigDict, Field, StringConstraints

from libs.contracts.example_story import BEGIN
from libs.contracts.llm import QUESTION_MOST, Passage
from modelbourse.answers.trading_ai import chat as answers
from services.gateway.domain.accounts.caller import STRANGER, Caller, Scope
from services.gateway.domain.chat.conversation import Conversations, Exchange, Pages
from services.gateway.domain.models.ports import Clock
from services.gateway.inbound.faces.trading_ai.face import FACE, TOO_MANY, TOO_MANY_REQUESTS
from services.gateway.inbound.http.connected import while_connected
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.face import Limit, Window
from services.gateway.inbound.http.limits import limited
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import OPEN, used, welcomes
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router, open_as_documented
from services.gateway.usecases.chat.ask_project import Asker, AskProject, ProjectAnswer

SUGGESTED: Final = 12
CLEARED: Final = "Chat history cleared successfully"
NOT_NAMED: Final = "Nothing was cleared: without a credential a conversation is cleared by its conversation_id."
ConversationName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class ChatIn(StrictBody):
    """A question about the platform."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "How is a backup restored?", "conversation_id": answers.CONVERSATION}]}
    )

    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=QUESTION_MOST)] = Field(
        description="The question, in words."
    )
    conversation_id: ConversationName | None = Field(
        None, description="Of the conversation that it goes on with, or a name of your own for a new one; left out, it is given one."
    )


class ClearIn(StrictBody):
    """What is to be cleared."""

    conversation_id: ConversationName | None = Field(None, description="This conversation alone; left out: all of the caller's account.")


@dataclass(frozen=True, slots=True)
class ChatUseCases:
    """What the handlers call."""

    ask: AskProject
    pages: Pages
    conversations: Conversations
    clock: Clock


Use = Annotated[ChatUseCases, used(ChatUseCases)]
Reader = Annotated[Caller, welcomes(Scope.READ)]
routes = make_router(prefix="/api/chat/project", tags=[FACE.tag("chat")])


def account_of(caller: Caller) -> str | None:
    """Return whose conversations they are; None for who brings no credential."""
    return None if caller is STRANGER else caller.account_id


def answer_of(found: ProjectAnswer) -> answers.ChatAnswer:
    """Return an answer with what it rests on."""
    passages = [answers.ChatSource(number=each.number, source=each.source, heading=each.heading, text=each.text) for each in found.passages]
    reasons = {"model": found.absent} if found.absent else {}
    return answers.ChatAnswer(
        response=found.text,
        conversation_id=found.conversation_id,
        sources=list(dict.fromkeys(each.source for each in passages)),
        timestamp=found.exchange.at,
        answered_by="search" if found.absent else "llm",
        model=None if found.absent else found.model,
        passages=passages,
        dropped=list(found.dropped),
        reasons=reasons,
    )


SHOWN: Final = ProjectAnswer(
    text="Stop all services first, then restore each database [1].",
    conversation_id=answers.CONVERSATION,
    passages=(
        Passage(number=1, source=answers.SOURCE, heading="Backup and restore", text="Stop all services, then restore each database."),
    ),
    exchange=Exchange("How is a backup restored?", "Stop all services first, then restore each database [1].", BEGIN),
    model="gpt-4o-mini",
    absent=None,
    dropped=(),
)
DONE: Final = answers.ChatCleared(message=CLEARED, conversations_deleted=1, timestamp=BEGIN)


@routes.post(
    "",
    summary="Ask about the platform",
    response_description="The answer, and where it stands.",
    responses=answered(answer_of(SHOWN)) | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
@open_as_documented(else_needs=Scope.ADMIN)
@limited(Limit(20, Window.MINUTE, refusal=TOO_MANY))
async def ask_project(body: ChatIn, caller: Reader, use: Use, request: Request) -> answers.ChatAnswer:
    """Answer from the platform's own pages: in an LLM's words where there is one, each citation checked; else the best passages."""
    asker = Asker(account_of(caller), caller.tier)
    return answer_of(await while_connected(request, use.ask(body.message, conversation_id=body.conversation_id, asker=asker)))


@routes.get(
    "/suggestions",
    summary="Get questions to ask",
    response_description="Questions that the pages answer.",
    responses=answered(answers.ChatSuggestions(suggestions=["Backup and restore: what has to be kept?"]))
    | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
async def suggest_questions(caller: Reader, use: Use) -> answers.ChatSuggestions:
    """Questions by the pages' headings, one a page; each is one that the search finds its page for."""
    del caller  # It needs one where strangers are not let in.
    return answers.ChatSuggestions(suggestions=list(await use.pages.suggestions(most=SUGGESTED)))


@routes.post(
    "/clear",
    summary="Clear your conversations",
    response_description="They are removed.",
    responses=answered(DONE) | refused(FACE, TOO_MANY_REQUESTS),
    openapi_extra=OPEN,
)
@open_as_documented(else_needs=Scope.ADMIN)
@limited(Limit(5, Window.MINUTE, refusal=TOO_MANY))
async def clear_conversations(caller: Reader, use: Use, body: ClearIn | None = None) -> answers.ChatCleared:
    """Remove the caller's conversations, or one of them. Who brings no credential names the one, whose id nobody else has."""
    account, named = account_of(caller), body.conversation_id if body else None
    deleted = await use.conversations.clear(account_id=account, conversation_id=named)
    message = NOT_NAMED if account is None and named is None else CLEARED
    return answers.ChatCleared(message=message, conversations_deleted=deleted, timestamp=use.clock())
