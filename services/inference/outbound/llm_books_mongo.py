"""What the LLM costs, in MongoDB: a document a call, and sums by day, the platform's and each account's.

A day's sum grows by one conditional write, so that no replicas together reserve more than its budget; what was reserved by a process that
died stays in it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.erased import ERASED, ErasedAccounts
from libs.chassis.stores.mongo import Database, expire
from libs.contracts.llm import LlmReason, LlmSpent
from services.inference.domain.llm import PERIODIC, LlmAbsentError, LlmCall, LlmReply
from services.inference.domain.llm_prices import nano, usd

PLATFORM: Final = "platform"
KEPT: Final = timedelta(days=400)
HELD: Final = "held"
# A dot is a path to MongoDB, and models are called `gpt-4.1`.
DOT: Final = "\N{FULLWIDTH FULL STOP}"
SUMS: Final = ("requests", "tokens_in", "tokens_out", "cost", "held")


class LlmBooksMongo:
    """Implements the port LlmBooks. Budgets are dollars a day: the platform's, and an account's by tier (a tier that is not named: 0)."""

    def __init__(self, database: Database, *, per_day: float, by_tier: Mapping[str, float]) -> None:
        self._calls, self._days = database["llm_calls"], database["llm_days"]
        self._per_day, self._by_tier = per_day, dict(by_tier)
        self._erased = ErasedAccounts(database["erased_accounts"])

    async def prepare(self) -> None:
        """Make the indexes."""
        await self._calls.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        await expire(self._calls, "at", after=KEPT)
        await self._days.create_index([("account_id", ASCENDING)])
        # The platform's days have no end.
        await expire(self._days, "until", after=timedelta(0))

    async def reserve(self, call: LlmCall) -> None:
        """Set a call's bound aside. Raise LlmAbsentError where the platform's or the account's budget of the day does not suffice."""
        row = {"_id": call.id, "account_id": call.payer.account, "prompt": call.prompt, "model": call.model, "at": call.at}
        await self._calls.insert_one(row | {"state": HELD, "bound": call.bound, "cost": 0})
        account, tier = call.payer.account, self._by_tier.get(call.payer.budget, 0.0)
        # Its own budget first: an account whose own is used up takes nothing of the others', not even for a moment.
        if not await self._take(call, account=account, budget=tier):
            await self._calls.delete_one({"_id": call.id})
            whose = "the platform's own work" if account == PERIODIC else "this account"
            msg = f"What is left of {whose}'s LLM budget of {tier:g} USD a day is too little."
            raise LlmAbsentError(LlmReason.BUDGET, msg)
        if not await self._take(call, account=None, budget=self._per_day):
            await self._calls.delete_one({"_id": call.id})
            await self._give_back(call, account=account)
            msg = f"What is left of the platform's LLM budget of {self._per_day:g} USD a day is too little."
            raise LlmAbsentError(LlmReason.BUDGET, msg)

    async def withdraw(self, call: LlmCall) -> None:
        """Take back a call that was not made."""
        if (await self._calls.delete_one({"_id": call.id, "state": HELD})).deleted_count:
            for account in _whose(call):
                await self._give_back(call, account=account)
        await self._forget_if_erased(call)

    async def settle(self, call: LlmCall, *, cost: int, reply: LlmReply | None, outcome: str) -> None:
        """Charge what a call has cost, and give the rest of its bound back; a second time nothing happens."""
        tokens = {"tokens_in": (reply and reply.tokens_in) or 0, "tokens_out": (reply and reply.tokens_out) or 0}
        settled = {"$set": {"state": "settled", "cost": cost, "outcome": outcome, **tokens}}
        if not (await self._calls.update_one({"_id": call.id, "state": HELD}, settled)).modified_count:
            return
        for account in _whose(call):
            sums = {"total": cost - call.bound, "held": -call.bound, "cost": cost, **tokens}
            await self._days.update_one({"_id": _key(account, call.at)}, {"$inc": sums})
        await self._forget_if_erased(call)

    async def spent(self, account: str | None, *, tier: str, day: datetime | None) -> LlmSpent:
        """Return what an account (None: the platform) has spent on a day (UTC), or since its days are kept."""
        wanted = {"account_id": account} if day is None else {"_id": _key(account, day)}
        summed = {"$group": {"_id": None, **{name: {"$sum": f"${name}"} for name in SUMS}}}
        found: dict[str, Any] = next(iter(await self._days.aggregate([{"$match": wanted}, summed]).to_list(None)), {})
        return LlmSpent(
            requests=found.get("requests", 0),
            tokens_in=found.get("tokens_in", 0),
            tokens_out=found.get("tokens_out", 0),
            cost_usd=usd(found.get("cost", 0)),
            held_usd=usd(found.get("held", 0)),
            budget_usd=None if day is None else self._per_day if account is None else self._by_tier.get(tier, 0.0),
        )

    async def by_model(self) -> dict[str, int]:
        """Return how many calls each model was sent."""
        steps: list[dict[str, Any]] = [
            {"$match": {"account_id": None}},
            {"$project": {"model": {"$objectToArray": "$models"}}},
            {"$unwind": "$model"},
            {"$group": {"_id": "$model.k", "calls": {"$sum": "$model.v"}}},
        ]
        found = {each["_id"].replace(DOT, "."): each["calls"] for each in await self._days.aggregate(steps).to_list(None)}
        return {model: calls for model, calls in sorted(found.items()) if calls}

    async def forget(self, account_id: str) -> None:
        """Remove an account's calls and days; the platform's sums stay, and a call that is out goes when it has been settled in them."""
        await self._calls.update_many({"account_id": account_id, "state": HELD}, {"$set": {"account_id": ERASED}})
        await self._calls.delete_many({"account_id": account_id})
        await self._days.delete_many({"account_id": account_id})

    async def _forget_if_erased(self, call: LlmCall) -> None:
        if await self._erased.has(call.payer.account):
            await self.forget(call.payer.account)
            await self._calls.delete_one({"_id": call.id, "state": {"$ne": HELD}})

    async def _take(self, call: LlmCall, *, account: str | None, budget: float) -> bool:
        """Reserve in one write, if the day's sum stays within the budget; return whether."""
        room = nano(budget) - call.bound
        if room < 0:
            return False
        begun: dict[str, Any] = {"account_id": account} | ({"until": call.at + KEPT} if account else {})
        grown = {"$inc": _reserved(call, sign=1), "$setOnInsert": begun}
        fits = {"_id": _key(account, call.at), "total": {"$lte": room}}
        try:
            await self._days.update_one(fits, grown, upsert=True)
        except DuplicateKeyError:
            # There is a sum: it is too large, or was made by another at the same moment.
            return bool((await self._days.update_one(fits, grown)).matched_count)
        return True

    async def _give_back(self, call: LlmCall, *, account: str | None) -> None:
        await self._days.update_one({"_id": _key(account, call.at)}, {"$inc": _reserved(call, sign=-1)})


def _reserved(call: LlmCall, *, sign: int) -> dict[str, int]:
    bound = sign * call.bound
    return {"total": bound, "held": bound, "requests": sign, f"models.{call.model.replace('.', DOT)}": sign}


def _whose(call: LlmCall) -> tuple[str | None, ...]:
    """Return whose sums a call is in: the platform's, and the account's."""
    return (None, call.payer.account)


def _key(account: str | None, at: datetime) -> str:
    return f"{account or PLATFORM}|{at:%Y-%m-%d}"
