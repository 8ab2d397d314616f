"""The wiring of inference's LLM: the provider, its turns, the books, and who asks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from libs.chassis.bus.handlers import Answers
from libs.chassis.process import Chassis
from libs.contracts.envelope import now
from libs.contracts.llm import AnswerQuestion, LlmProbed, LlmUse, ProbeLlm, QuestionAnswered, ReadLlmUse
from services.inference.analysts.librarian import Librarian
from services.inference.analysts.llm import ANALYSIS, PromptedAnalyst
from services.inference.analysts.llm_verdict import schema
from services.inference.analysts.prompt_files import prompt
from services.inference.domain.llm import LlmRequest
from services.inference.domain.llm_prices import cost_of, usd
from services.inference.outbound.llm_answers_mongo import LlmAnswersMongo
from services.inference.outbound.llm_books_mongo import LlmBooksMongo
from services.inference.outbound.llm_meters_prometheus import LlmMetersPrometheus, budget_measure
from services.inference.outbound.llm_openai import LlmOpenAi
from services.inference.outbound.llm_turns_redis import LlmTurnsRedis
from services.inference.settings import Settings
from services.inference.usecases.ask_llm import AskLlm
from services.inference.usecases.llm_desk import LlmDesk

PROBE = "probe_v1"
PROBE_TOKENS = 16
# A call that is out when the process ends is settled if it comes back by then.
FINISH_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class LlmParts:
    """What of the LLM others use. `analyst` implements the port LlmAnalyst, whether or not an LLM is configured."""

    analyst: PromptedAnalyst
    librarian: Librarian
    llm: AskLlm
    desk: LlmDesk
    books: LlmBooksMongo
    kept: LlmAnswersMongo
    provider: LlmOpenAi | None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Make indexes; close connections at the end."""
        await self.books.prepare()
        await self.kept.prepare()
        try:
            yield
        finally:
            await self.llm.finish(within_s=FINISH_WITHIN_S)
            if self.provider is not None:
                await self.provider.aclose()

    async def forget(self, account_id: str) -> None:
        """Remove what calls of an account have cost, and what it was answered."""
        await self.books.forget(account_id)
        await self.kept.forget(account_id)

    def bind(self, answers: Answers) -> None:
        """Answer what is asked of the LLM."""

        @answers.to(ProbeLlm)
        async def on_probe(_: ProbeLlm) -> LlmProbed:
            return await self.desk.check()

        @answers.to(ReadLlmUse)
        async def on_read_use(ask: ReadLlmUse) -> LlmUse:
            return await self.desk.use(ask)

        @answers.to(AnswerQuestion)
        async def on_question(ask: AnswerQuestion) -> QuestionAnswered:
            return await self.librarian(ask)


def make_llm(settings: Settings, chassis: Chassis) -> LlmParts:
    """Wire it; without a key there is no provider, and every ask says so."""
    keys, provider = settings.llm_keys, None
    if keys:
        options = {"base_url": settings.llm_base_url, "model": settings.llm_model}
        provider = LlmOpenAi(**options, keys=keys)
    turns = LlmTurnsRedis(chassis.redis, key=settings.key, keys=provider.keys if provider else (), every=settings.llm_every)
    books = LlmBooksMongo(chassis.database, per_day=settings.llm_budget_usd_per_day, by_tier=settings.llm_budget_usd_by_tier)
    if provider is not None:
        chassis.measures.append(budget_measure(books, registry=chassis.registry, clock=now))
    kept = LlmAnswersMongo(chassis.database, life=settings.llm_answers_kept)
    meters = LlmMetersPrometheus(chassis.registry, configured=provider is not None)
    within_s = settings.llm_within.total_seconds()
    llm = AskLlm(
        provider=provider,
        turns=turns,
        books=books,
        kept=kept,
        meters=meters,
        clock=now,
        price=settings.llm_price,
        within_s=within_s,
        call_within_s=settings.llm_timeout.total_seconds(),
        configured_model=settings.llm_model,
        waiting_most=settings.llm_waiting_most,
    )
    probe = LlmRequest(PROBE, prompt(PROBE).messages(nothing=""), PROBE_TOKENS)
    least = LlmRequest(ANALYSIS, prompt(ANALYSIS).messages(facts="", caller=""), settings.llm_tokens_most, schema())
    least_usd = usd(cost_of(least.tokens_in_most, least.tokens_most, price=settings.llm_price))
    desk = LlmDesk(
        llm=llm,
        books=books,
        probe=probe,
        clock=now,
        again_after_s=settings.llm_every.total_seconds(),
        kept_s=settings.llm_probe_kept.total_seconds(),
        least_usd=least_usd,
    )
    analyst = PromptedAnalyst(llm, meters=meters, tokens_most=settings.llm_tokens_most, within_s=within_s)
    librarian = Librarian(llm, meters=meters)
    return LlmParts(analyst=analyst, librarian=librarian, llm=llm, desk=desk, books=books, kept=kept, provider=provider)
