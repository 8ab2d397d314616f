"""Answers to questions about the platform in words: from passages, each sentence with a citation that is checked to exist."""

import re
from dataclasses import dataclass
from typing import Final

from libs.contracts.llm import AnswerQuestion, LlmReason, Passage, QuestionAnswered
from services.inference.analysts.prompt_files import fenced, prompt
from services.inference.domain.llm import Llm, LlmAbsentError, LlmMeters, LlmQueueFullError, LlmRequest, Payer

ANSWER: Final = "answer_v1"
TOKENS_MOST: Final = 600
UNFOUNDED: Final = "Nothing of what the LLM said rests on a passage that it cited."
NOT_THERE: Final = "The LLM finds no answer in these passages."
# What its prompt has it say then.
NO_ANSWER: Final = re.compile(r"[`'\"]?The pages do not say\.?[`'\"]?", re.IGNORECASE)
CITED: Final = re.compile(r"\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]")
# A sentence ends before its citation or behind it: `… databases [2].` and `… databases. [2]`.
SENTENCE: Final = re.compile(r"[^.!?\n]+(?:[.!?](?=[^\s])[^.!?\n]*)*[.!?]*(?:\s*\[[\d,\s]+\][.!?]*)*")
WORD: Final = re.compile(r"\w{4,}")


@dataclass(frozen=True, slots=True)
class Librarian:
    """Asks the LLM and keeps of its answer what is founded."""

    llm: Llm
    meters: LlmMeters

    async def __call__(self, ask: AnswerQuestion) -> QuestionAnswered:
        """Return the answer, or why there is none."""
        data = {
            "question": ask.question,
            "before": [each.model_dump(mode="json") for each in ask.history],
            "passages": [{"number": each.number, "heading": each.heading, "text": each.text} for each in ask.passages],
        }
        request = LlmRequest(ANSWER, prompt(ANSWER).messages(data=fenced(data)), TOKENS_MOST)
        try:
            reply = await self.llm(request, payer=Payer(ask.account_id, ask.tier))
        except LlmQueueFullError as error:
            return QuestionAnswered(answer=None, absent=error.message, reason=LlmReason.TURN)
        except LlmAbsentError as error:
            return QuestionAnswered(answer=None, absent=error.message, reason=error.reason)
        if NO_ANSWER.fullmatch(reply.text.strip()):
            return QuestionAnswered(answer=None, model=reply.model, absent=NOT_THERE, reason=LlmReason.NOT_IN_PAGES)
        kept, dropped = founded(reply.text, passages=ask.passages)
        if not kept:
            self.meters.put_aside(LlmReason.UNFOUNDED)
            return QuestionAnswered(answer=None, dropped=dropped, model=reply.model, absent=UNFOUNDED, reason=LlmReason.UNFOUNDED)
        text = " ".join(kept)
        cited = tuple(dict.fromkeys(number for each in kept for number in _citations(each)))
        return QuestionAnswered(answer=text, citations=cited, dropped=dropped, model=reply.model)


def founded(text: str, *, passages: tuple[Passage, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the sentences that cite passages that there are and share a word with one of them, and those that do not."""
    words = {each.number: {word.casefold() for word in WORD.findall(f"{each.heading} {each.text}")} for each in passages}
    kept: list[str] = []
    dropped: list[str] = []
    for sentence in (found.group().strip() for found in SENTENCE.finditer(text)):
        cited, own = _citations(sentence), {word.casefold() for word in WORD.findall(sentence)}
        holds = bool(cited) and all(number in words for number in cited) and any(own & words[number] for number in cited)
        (kept if holds else dropped).append(sentence)
    return tuple(kept), tuple(dropped)


def _citations(sentence: str) -> list[int]:
    return [int(number) for found in CITED.findall(sentence) for number in found.split(",")]
