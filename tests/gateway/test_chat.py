"""The chat about the platform over HTTP: passages of real pages, an LLM's words with citations, history, and whose it is; the LLM's own pages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from libs.chassis.bus.handlers import Answers
from libs.chassis.bus.memory import MemoryBus
from libs.contracts.envelope import now
from libs.contracts.llm import (
    AnswerQuestion,
    LlmKeys,
    LlmProbed,
    LlmReason,
    LlmSpent,
    LlmUse,
    ProbeLlm,
    QuestionAnswered,
    ReadLlmUse,
)
from tests.faces.shapes import differences
from tests.gateway.conftest import Desk, OpenDesk, bearer, fresh
from tests.gateway.document import Document

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.usefixtures("llm")]

ROOT = Path(__file__).resolve().parents[2]
CHAT = "/api/chat/project"
ABSENT = "no LLM is configured"
RESTORE = {"message": "How is a database restored from a backup?"}
ANSWERED = {
    "response": "The paper trading system includes three main risk management features: 1) Daily loss limit (5% max)...",
    "conversation_id": "conv_123456",
    "sources": ["docs/features/paper-trading.md", "rust-core-engine/src/paper_trading/engine.rs"],
    "timestamp": "2026-02-06T14:00:00Z",
}
CLEARED = {"message": "Chat history cleared successfully", "conversations_deleted": 15, "timestamp": "2026-02-06T14:00:00Z"}
COST = {
    "total_requests": 1250,
    "total_tokens": 450000,
    "estimated_cost_usd": 12.50,
    "requests_by_model": {"gpt-4o-mini": 1250},
    "requests_today": 48,
    "cost_today_usd": 0.48,
    "average_cost_per_request": 0.01,
}
TRIED = {
    "client_initialized": True,
    "api_key_configured": True,
    "status": "success",
    "test_response": "SUCCESS",
    "model_used": "gpt-4o-mini",
}
FAILED = {
    "client_initialized": False,
    "api_key_configured": False,
    "status": "failed",
    "error": "OpenAI client not initialized",
    "error_type": "InitializationError",
    "diagnosis": "API key authentication failed",
}


@dataclass
class LlmDouble:
    """Inference's LLM, which says what it is told to; without that there is none."""

    bus: MemoryBus
    says: QuestionAnswered | None = None
    asked: list[AnswerQuestion] = field(default_factory=list)
    uses: list[ReadLlmUse] = field(default_factory=list)
    configured: bool = False

    def answers(self) -> Answers:
        answers = Answers()

        @answers.to(AnswerQuestion)
        async def answer(ask: AnswerQuestion) -> QuestionAnswered:
            self.asked.append(ask)
            assert self.says is not None
            return self.says

        @answers.to(ProbeLlm)
        async def probe(_: ProbeLlm) -> LlmProbed:
            keys, known = LlmKeys(configured=1, usable=1), {"model": "gpt-4o-mini", "checked_at": now()}
            if self.configured:
                return LlmProbed(configured=True, succeeded=True, answer="SUCCESS", keys=keys, **known)
            told = {"error": ABSENT, "error_type": LlmReason.NOT_CONFIGURED, "diagnosis": "No API key is configured."}
            return LlmProbed(configured=False, succeeded=False, answer=None, keys=keys, **known, **told)

        @answers.to(ReadLlmUse)
        async def use(ask: ReadLlmUse) -> LlmUse:
            self.uses.append(ask)
            spent = LlmSpent(requests=4, tokens_in=800, tokens_out=200, cost_usd=0.5, held_usd=0.1, budget_usd=1.0)
            mine = spent if ask.account_id else None
            named: dict[str, Any] = {"model": "gpt-4o-mini", "by_model": {"gpt-4o-mini": 4}}
            absent = None if self.says else LlmReason.NOT_CONFIGURED
            return LlmUse(
                configured=True,
                available=absent is None,
                absent=absent,
                total=spent,
                today=spent,
                account_total=mine,
                account_today=mine,
                **named,
            )

        return answers


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def llm(desk: Desk) -> AsyncIterator[LlmDouble]:
    bus = cast("MemoryBus", desk.chassis.bus)
    double = LlmDouble(MemoryBus(bus._broker, service="inference", instance="inference"))
    async with double.bus.running(answers=double.answers()):
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def document(desk: Desk) -> Document:
    return Document((await desk.client.get("/openapi.json")).json())


async def ask(desk: Desk, body: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = await desk.client.post(CHAT, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def clear(desk: Desk, headers: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
    answer = await desk.client.post(f"{CHAT}/clear", json=body or None, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def is_there(source: str) -> bool:
    return (ROOT / source.partition("#")[0]).is_file()


async def test_without_an_llm_the_best_passages_are_the_answer_with_where_they_stand(desk: Desk, document: Document) -> None:
    answer = await desk.client.post(CHAT, json=RESTORE)

    told = answer.json()
    assert list(differences(ANSWERED, told)) == []
    assert document.misfits(answer) == []
    assert (told["answered_by"], told["model"], told["reasons"]) == ("search", None, {"model": ABSENT})
    assert any(source.startswith("docs/guides/backup.md#") for source in told["sources"])
    assert all(map(is_there, told["sources"]))
    statistics = (await desk.client.post(CHAT, json={"message": "How is the Sharpe ratio computed?"})).json()["sources"]
    assert not any(source.endswith("#sources") for source in statistics)  # titles of others' works
    assert all(f"[{each['number']}] {each['heading']} ({each['source']})" in told["response"] for each in told["passages"])


async def test_a_question_that_no_page_answers_is_told_so_and_no_llm_is_asked(desk: Desk, llm: LlmDouble) -> None:
    llm.asked.clear()

    told = await ask(desk, {"message": "Quantum cheese banana?"})

    assert (told["sources"], told["reasons"]["model"], llm.asked) == ([], "no page has a passage that fits the question", [])
    assert "/api/chat/project/suggestions" in told["response"]


async def test_an_llm_answers_from_the_passages_and_only_what_it_cites_is_a_source(desk: Desk, llm: LlmDouble) -> None:
    headers = bearer(await desk.user())
    llm.says = QuestionAnswered(answer="Stop all services [2].", citations=(2,), dropped=("Buy now!",), model="gpt-4o-mini")
    llm.asked.clear()

    told = await ask(desk, RESTORE | {"conversation_id": "mine"}, headers)
    again = await ask(desk, {"message": "And how often?", "conversation_id": "mine"}, headers)
    llm.says = None

    first, second = llm.asked
    assert (told["response"], told["answered_by"], told["dropped"]) == ("Stop all services [2].", "llm", ["Buy now!"])
    assert told["sources"] == [first.passages[1].source]
    assert (told["conversation_id"], again["conversation_id"]) == ("mine", "mine")
    # The follow-up leans on what was said before, in words and in what is searched for.
    assert [each.text for each in second.history] == [RESTORE["message"], "Stop all services [2]."]
    assert any(each.source.startswith("docs/guides/backup.md") for each in second.passages)


async def test_conversations_are_their_account_s_own_and_a_stranger_s_by_an_id_that_nobody_can_guess(desk: Desk, llm: LlmDouble) -> None:
    ada, eve = bearer(await desk.user()), bearer(await desk.user())
    llm.asked.clear()
    llm.says = QuestionAnswered(answer="Stop all services [1].", citations=(1,), model="gpt-4o-mini")

    for who in (ada, eve):
        await ask(desk, RESTORE | {"conversation_id": "mine"}, who)
    stranger = await ask(desk, RESTORE | {"conversation_id": "mine"})
    goes_on = await ask(desk, {"message": "And how often?", "conversation_id": stranger["conversation_id"]})

    llm.says = None
    assert [len(each.history) for each in llm.asked] == [0, 0, 0, 2]
    assert len(stranger["conversation_id"]) > 32
    assert goes_on["conversation_id"] == stranger["conversation_id"]
    misspelt = await desk.client.post(f"{CHAT}/clear", json={"conversaton_id": "mine"}, headers=ada)
    assert (misspelt.status_code, "Did you mean 'conversation_id'?" in misspelt.json()["detail"]) == (400, True)
    cleared = await clear(desk, ada)
    assert list(differences(CLEARED, cleared)) == []
    assert cleared["conversations_deleted"] == 1
    nothing = await clear(desk)
    assert (nothing["conversations_deleted"], "conversation_id" in nothing["message"]) == (0, True)
    assert (await clear(desk, conversation_id=stranger["conversation_id"]))["conversations_deleted"] == 1
    assert (await clear(desk, eve, conversation_id="mine"))["conversations_deleted"] == 1
    export = await desk.gateway.operating.exports.part((await desk.client.get("/auth/me", headers=ada)).json()["id"], after="", most=100)
    assert [line.kind for line in export.lines if line.kind == "gateway.conversations"] == []


async def test_suggestions_are_questions_that_the_pages_answer(desk: Desk, document: Document) -> None:
    answer = await desk.client.get(f"{CHAT}/suggestions")

    suggestions = answer.json()["suggestions"]
    assert document.misfits(answer) == []
    assert len(set(suggestions)) == len(suggestions) >= 8
    assert all(each.endswith("?") for each in suggestions)
    assert (await ask(desk, {"message": suggestions[0]}))["sources"] != []


async def test_what_cannot_be_a_question_is_refused_by_field(desk: Desk) -> None:
    empty = await desk.client.post(CHAT, json={"message": "  "})
    long = await desk.client.post(CHAT, json={"message": "x" * 2_001, "conversation_id": "no spaces"})

    assert (empty.status_code, long.status_code) == (400, 400)
    assert "message" in empty.json()["detail"]
    assert all(name in long.json()["detail"] for name in ("message", "conversation_id"))


async def test_the_llm_is_tried_and_what_came_of_it_is_told_without_a_key(desk: Desk, llm: LlmDouble, document: Document) -> None:
    llm.configured = True
    good = await desk.client.get("/debug/gpt4")
    llm.configured = False
    bad = await desk.client.get("/debug/gpt4")

    assert (good.status_code, bad.status_code) == (200, 500)
    assert list(differences(TRIED, good.json())) == list(differences(FAILED, bad.json())) == []
    assert document.misfits(good) == document.misfits(bad) == []
    assert "error" not in good.json()
    assert bad.json()["error_type"] == "not_configured"


async def test_what_calls_have_cost_is_the_platform_s_and_with_a_credential_the_account_s_too(
    desk: Desk, llm: LlmDouble, document: Document
) -> None:
    headers = bearer(await desk.user())
    llm.uses.clear()

    anonymous = await desk.client.get("/ai/cost/statistics")
    mine = (await desk.client.get("/ai/cost/statistics", headers=headers)).json()

    assert list(differences(COST, anonymous.json())) == []
    assert document.misfits(anonymous) == []
    assert (anonymous.json()["average_cost_per_request"], anonymous.json()["total_tokens"]) == (0.125, 1_000)
    assert anonymous.json()["reasons"]["account_budget"] == "no credential was sent"
    assert mine["account_budget"] == {"limit_usd": 1.0, "spent_usd": 0.5, "held_usd": 0.1, "left_usd": 0.4}
    assert [each.account_id is None for each in llm.uses] == [True, False]


async def test_where_strangers_are_not_let_in_what_is_the_operator_s_is_for_admins(open_desk: OpenDesk) -> None:
    closed = await open_desk(anonymous="never")
    user, admin = bearer(await closed.user(fresh("bob"))), await closed.admin()

    async def statuses(headers: dict[str, str]) -> list[int]:
        calls: list[httpx.Response] = [
            await closed.client.post(CHAT, json=RESTORE, headers=headers),
            await closed.client.post(f"{CHAT}/clear", headers=headers),
            await closed.client.get("/ai/cost/statistics", headers=headers),
            await closed.client.get(f"{CHAT}/suggestions", headers=headers),
        ]
        return [each.status_code for each in calls]

    assert await statuses({}) == [401, 401, 401, 401]
    assert await statuses(user) == [403, 403, 403, 200]
    assert await statuses(admin) == [200, 200, 200, 200]


async def test_each_route_has_its_documented_limit(open_desk: OpenDesk) -> None:
    desk = await open_desk()
    headers = bearer(await desk.user())

    tried = [(await desk.client.get("/debug/gpt4", headers=headers)).status_code for _ in range(6)]
    cleared = [(await desk.client.post(f"{CHAT}/clear", headers=headers)) for _ in range(6)]

    assert tried == [500] * 5 + [429]
    assert [each.status_code for each in cleared] == [200] * 5 + [429]
    assert cleared[-1].json() == {"detail": "Rate limit exceeded. Please try again later."}
