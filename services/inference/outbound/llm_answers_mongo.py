"""What the LLM has answered, in MongoDB, by account and fingerprint, so that a run can be repeated exactly."""

from datetime import timedelta

from pymongo import ASCENDING

from libs.chassis.stores.erased import ErasedAccounts
from libs.chassis.stores.mongo import Database, expire
from libs.contracts.envelope import now
from services.inference.domain.llm import LlmReply


class LlmAnswersMongo:
    """Implements the port KeptAnswers."""

    def __init__(self, database: Database, *, life: timedelta) -> None:
        self._answers, self._life = database["llm_answers"], life
        self._erased = ErasedAccounts(database["erased_accounts"])

    async def prepare(self) -> None:
        """Make the indexes."""
        await self._answers.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        await expire(self._answers, "at", after=self._life)

    async def find(self, account: str, fingerprint: str) -> LlmReply | None:
        """Return what was answered to exactly this."""
        found = await self._answers.find_one({"_id": _key(account, fingerprint)})
        return LlmReply(found["text"], found["model"], found["tokens_in"], found["tokens_out"]) if found else None

    async def keep(self, account: str, fingerprint: str, reply: LlmReply, *, prompt: str) -> None:
        """Keep an answer; of two to the same, the first stays. Of an account that was erased meanwhile nothing does."""
        row = {"account_id": account, "prompt": prompt, "text": reply.text, "model": reply.model, "at": now()}
        row |= {"tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out}
        await self._answers.update_one({"_id": _key(account, fingerprint)}, {"$setOnInsert": row}, upsert=True)
        if await self._erased.has(account):
            await self.forget(account)

    async def forget(self, account_id: str) -> None:
        """Remove an account's answers."""
        await self._answers.delete_many({"account_id": account_id})


def _key(account: str, fingerprint: str) -> str:
    return f"{account}|{fingerprint}"
