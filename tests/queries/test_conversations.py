"""Conversations and the LLM's books: each look-up is by an index, however many others there are."""

from datetime import timedelta

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.chat.conversation import CONVERSATIONS_MOST, EXCHANGES_MOST, Exchange
from services.gateway.outbound.chat.conversations_mongo import ConversationsMongo
from services.inference.domain.llm import LlmCall, LlmReply, Payer
from services.inference.outbound.llm_answers_mongo import LlmAnswersMongo
from services.inference.outbound.llm_books_mongo import LlmBooksMongo
from tests.queries.profiled import multiply, numbered, profiled


async def test_conversations(database: Database, many: int) -> None:
    conversations = ConversationsMongo(database["conversations"])
    await conversations.prepare()
    exchange = Exchange("why?", "so", now())
    await conversations.add("mine", exchange, account_id="account")
    await multiply(database["conversations"], "account|mine", by=many, account_id=numbered("a"))
    await conversations.add("others", exchange, account_id=None)

    async with profiled(database) as took:
        for number in range(CONVERSATIONS_MOST + 5):
            await conversations.add(f"c{number}", exchange, account_id="account")
        for _ in range(EXCHANGES_MOST + 5):
            await conversations.add("mine", exchange, account_id="account_2")
        said = await conversations.said("mine", account_id="account_2")
        assert len(said or ()) == EXCHANGES_MOST
        assert await conversations.said("mine", account_id="account_3") is None
        assert await conversations.clear(account_id="account", conversation_id="c104") == 1
        assert await conversations.clear(account_id="account", conversation_id=None) == CONVERSATIONS_MOST - 1
        await conversations.forget("account_2")
    assert took.problems() == []


async def test_the_llm_s_books(database: Database, many: int) -> None:
    books, kept = LlmBooksMongo(database, per_day=1.0, by_tier={"pro": 1.0}), LlmAnswersMongo(database, life=timedelta(days=1))
    await books.prepare()
    await kept.prepare()
    call = LlmCall("call", Payer("account", "pro"), "analysis_v1", "gpt-4.1", bound=100, at=now())
    await books.reserve(call)
    await kept.keep("account", "print", LlmReply("so", "gpt-4.1"), prompt="analysis_v1")
    await multiply(database["llm_calls"], "call", by=many, account_id=numbered("a"))
    await multiply(database["llm_days"], f"account|{call.at:%Y-%m-%d}", by=many, account_id=numbered("a"))
    await multiply(database["llm_answers"], "account|print", by=many, account_id=numbered("a"))

    async with profiled(database) as took:
        await books.settle(call, cost=70, reply=None, outcome="ok")
        await books.settle(call, cost=70, reply=None, outcome="ok")
        today, ever = [await books.spent("account", tier="pro", day=day) for day in (call.at, None)]
        assert (today.requests, today.held_usd, ever.cost_usd) == (1, 0, 70e-9)
        assert await books.by_model() == {"gpt-4.1": 1}
        await books.forget("account")
        await kept.forget("account")
    assert took.problems() == []
