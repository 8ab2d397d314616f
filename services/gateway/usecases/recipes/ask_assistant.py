"""Answer a question about recipes, models and runs from what the platform knows of them; an LLM may phrase it, and changes no figure."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from libs.contracts.llm import PASSAGES_MOST, AnswerQuestion, Passage, QuestionAnswered
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.assistant.question import Mentioned, mentioned, topic_of
from services.gateway.domain.assistant.speech import Source, Speech, Topic, unfounded_numbers
from services.gateway.domain.chat.conversation import Pages
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import Llm
from services.gateway.usecases.chat.phrase import phrased
from services.gateway.usecases.recipes.gather_facts import GatherFacts

TEXT_MOST: Final = 1_800
GUIDES: Final = ("docs/guides/",)
NOTHING: Final = "Neither your recipes, runs and models nor the pages say anything of that."
INVENTED: Final = "The LLM named numbers that no fact has: {numbers}."


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer. `absent` says why no LLM has phrased it, None where one has; `dropped` are sentences of the LLM's that rest on nothing."""

    speech: Speech
    text: str
    at: datetime
    model: str | None
    absent: str | None
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskAssistant:
    """Nothing is kept of a question, and nothing is changed by one."""

    facts: GatherFacts
    pages: Pages
    llm: Llm
    clock: Clock

    async def __call__(self, message: str, context: Mapping[str, Any], *, recipe_id: str | None, caller: Caller) -> Answered:
        """Return the answer. Raise RecipeNotFoundError for a `recipe_id` that the caller does not see."""
        named = mentioned(message, context, recipe_id=recipe_id)
        speech = Speech(topic_of(message, named=named), recipe_id=named.recipe_id)
        if recipe_id is not None:
            await self.facts.check_recipe(recipe_id, account_id=caller.account_id)
        if speech.topic is not Topic.PAGES:
            await self.facts(speech, message, named, account_id=caller.account_id)
        await self._quote_pages(speech, message)
        if not speech.sentences:
            speech.say(NOTHING)
        if not speech.sources:
            return self._answered(speech, QuestionAnswered(answer=None, absent="there is no fact to be phrased"))
        return self._answered(speech, await self._phrased(speech, message, named, caller))

    async def _quote_pages(self, speech: Speech, message: str) -> None:
        """Quote the pages: all that they say of a question about them, else where there is more."""
        alone = speech.topic is Topic.PAGES
        found = await self.pages.search(message, before="", most=3 if alone else 6)
        pages = [each for each in found if alone or each.source.startswith(GUIDES)][: 3 if alone else 1]
        for each in pages:
            heading = each.heading if each.heading == each.page else f"{each.page}: {each.heading}"
            number = speech.quote(Source("page", each.source, heading, each.text[:TEXT_MOST]))
            if alone:
                speech.sentences.append(f"{heading} ({each.source}): {each.text[:TEXT_MOST].strip()} [{number}]")
            elif speech.sentences:
                speech.sentences.append(f"More is in {each.source} [{number}].")

    async def _phrased(self, speech: Speech, message: str, named: Mentioned, caller: Caller) -> QuestionAnswered:
        passages = tuple(
            Passage(number=number, source=each.path, heading=each.title, text=each.text[: TEXT_MOST * 2])
            for number, each in enumerate(speech.sources[:PASSAGES_MOST], start=1)
        )
        about = named.run_id or named.model_id or named.recipe_id or f"conv_{secrets.token_hex(8)}"
        ask = AnswerQuestion(conversation_id=about, account_id=caller.account_id, tier=caller.tier, question=message, passages=passages)
        reply = await phrased(ask, self.llm)
        if reply.answer is None:
            return reply
        told = " ".join([message, *(f"{each.heading} {each.text}" for each in passages)])
        if invented := unfounded_numbers(reply.answer, told=told):
            why = INVENTED.format(numbers=", ".join(invented[:5]))
            return QuestionAnswered(answer=None, absent=why, dropped=(*reply.dropped, reply.answer), model=reply.model)
        return reply

    def _answered(self, speech: Speech, reply: QuestionAnswered) -> Answered:
        text = speech.text if reply.answer is None else reply.answer
        return Answered(speech, text, self.clock(), reply.model if reply.answer else None, reply.absent, reply.dropped)
