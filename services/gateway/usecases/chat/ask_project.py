"""Answer a question about the platform: passages of its own pages, in an LLM's words where one has answered and every citation exists."""

import secrets
from dataclasses import dataclass
from typing import Final

from libs.contracts.llm import AnswerQuestion, Passage, QuestionAnswered, Said
from services.gateway.domain.chat.conversation import Conversations, Exchange, PagePassage, Pages
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import Llm
from services.gateway.usecases.chat.phrase import phrased

PASSAGES: Final = 6
SHOWN: Final = 3
SHOWN_LETTERS: Final = 700
BEFORE: Final = 3
BEFORE_LETTERS: Final = 1_000
NOTHING: Final = "The pages say nothing of that. GET /api/chat/project/suggestions has questions that they answer."
NO_PASSAGE: Final = "no page has a passage that fits the question"


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose question it is; no account: whoever brings no credential."""

    account_id: str | None
    tier: str


@dataclass(frozen=True, slots=True)
class ProjectAnswer:
    """An answer; `passages` are what it rests on, with their numbers. `absent` says why no LLM has answered, None where one has."""

    text: str
    conversation_id: str
    passages: tuple[Passage, ...]
    exchange: Exchange
    model: str | None
    absent: str | None
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskProject:
    """Search, ask, keep."""

    pages: Pages
    conversations: Conversations
    llm: Llm
    clock: Clock

    async def __call__(self, question: str, *, conversation_id: str | None, asker: Asker) -> ProjectAnswer:
        """Answer in the conversation that is named; without a name, and of a stranger by a name that there is not, a new one begins."""
        said = await self.conversations.said(conversation_id, account_id=asker.account_id) if conversation_id else None
        # An account's names are its own. A stranger's could be guessed, so that it is given one.
        kept_name = conversation_id if said is not None or asker.account_id else None
        name, before = kept_name or f"conv_{secrets.token_hex(16)}", (said or ())[-BEFORE:]
        found = await self.pages.search(question, before=before[-1].question if before else "", most=PASSAGES)
        passages = tuple(_passage(each, number) for number, each in enumerate(found, start=1))
        reply = await self._reply(question, name, before, passages, asker)
        if reply.answer is None:
            passages, text = passages[:SHOWN], _shown(passages[:SHOWN])
        else:
            passages, text = tuple(each for each in passages if each.number in reply.citations), reply.answer
        exchange = Exchange(question, text, self.clock())
        await self.conversations.add(name, exchange, account_id=asker.account_id)
        return ProjectAnswer(text, name, passages, exchange, reply.model, reply.absent, reply.dropped)

    async def _reply(
        self, question: str, name: str, before: tuple[Exchange, ...], passages: tuple[Passage, ...], asker: Asker
    ) -> QuestionAnswered:
        """Return what an LLM says; whatever keeps it from saying something is the reason why it does not."""
        if not passages:
            return QuestionAnswered(answer=None, absent=NO_PASSAGE)
        history = [
            said
            for each in before
            for said in (
                Said(by="caller", text=each.question[:BEFORE_LETTERS]),
                Said(by="platform", text=each.answer[:BEFORE_LETTERS]),
            )
        ]
        ask = AnswerQuestion(
            conversation_id=name,
            account_id=asker.account_id,
            tier=asker.tier,
            question=question,
            passages=passages,
            history=tuple(history),
        )
        return await phrased(ask, self.llm)


def _passage(found: PagePassage, number: int) -> Passage:
    heading = found.heading if found.heading == found.page else f"{found.page}: {found.heading}"
    return Passage(number=number, source=found.source, heading=heading, text=found.text)


def _shown(passages: tuple[Passage, ...]) -> str:
    """Return the best passages as an answer."""
    if not passages:
        return NOTHING
    return "\n\n".join(f"[{each.number}] {each.heading} ({each.source})\n{_start(each.text)}" for each in passages)


def _start(text: str) -> str:
    """Return the start of a text, up to the end of a line or word."""
    if len(text) <= SHOWN_LETTERS:
        return text
    start = text[:SHOWN_LETTERS]
    return f"{start[: max(start.rfind(chr(10)), start.rfind(' '))].rstrip()} …"
