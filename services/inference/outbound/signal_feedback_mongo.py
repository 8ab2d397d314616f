"""What those who traded signals say of them: a document for each who says something of a signal.

What most say of a public signal is told to its score (`told`), so that the platform counts each signal once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING

from libs.chassis.stores.erased import ErasedAccounts
from libs.chassis.stores.mongo import Database, expire
from libs.contracts.signals import FeedbackOutcome, GiveFeedback
from services.inference.domain.signal_scores import SignalScore, State, Tally, right_by_feedback
from services.inference.outbound.signal_scores_mongo import bin_of, grouped, tally_of

STATES: Final[Mapping[FeedbackOutcome, State]] = {"PROFIT": "hit", "LOSS": "miss", "NEUTRAL": "neutral"}


class SignalFeedbackMongo:
    """Implements the port Feedback."""

    def __init__(self, database: Database, *, life: timedelta) -> None:
        self._feedback, self._signals, self._life = database["signal_feedback"], database["signal_scores"], life
        self._erased = ErasedAccounts(database["erased_accounts"])

    async def prepare(self) -> None:
        """Make indexes: what is said by whom."""
        await self._feedback.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        await expire(self._feedback, "taken_at", after=self._life)

    async def put(self, ask: GiveFeedback, known: SignalScore | None, *, at: datetime) -> bool:
        """Keep feedback in the place of what the caller said of this signal before; tell whether there was some."""
        state = STATES[ask.actual_outcome]
        fields: dict[str, Any] = ask.model_dump() | {"taken_at": at, "known": known is not None, "state": state}
        if known is not None:
            fields |= {"public": known.account_id is None, "at": known.at, "bin": bin_of(known.confidence), "confidence": known.confidence}
            fields |= {"signal": known.signal, "right": right_by_feedback(known.signal, state), "origin": known.origin}
        written = await self._feedback.replace_one({"_id": f"{ask.signal_id} {ask.caller}"}, fields, upsert=True)
        await self._tell(ask.signal_id)
        if ask.account_id and await self._erased.has(ask.account_id):
            await self.forget(ask.account_id)
        return written.matched_count > 0

    async def tallies(self, *, account_id: str, since: datetime | None) -> Sequence[Tally]:
        """Count the feedback of an account on signals that the platform made."""
        wanted: dict[str, Any] = {"account_id": account_id, "known": True}
        if since is not None:
            wanted["at"] = {"$gte": since}
        found = self._feedback.aggregate([{"$match": wanted}, grouped("$confidence")])
        return [tally_of(each | {"feedback": each["count"]}) async for each in found]

    async def forget(self, account_id: str) -> None:
        """Remove an account's, and what signals were told by it."""
        for signal_id in await self._feedback.distinct("signal_id", {"account_id": account_id}):
            await self._tell(signal_id, without=account_id)
        await self._feedback.delete_many({"account_id": account_id})

    async def _tell(self, signal_id: str, *, without: str | None = None) -> None:
        """Tell a public signal's score what most say of it, a tie being neutral; `without` what an account says."""
        # Ids are a signal's, a space, and who says it.
        said = {"_id": {"$gte": f"{signal_id} ", "$lt": f"{signal_id}!"}, "signal_id": signal_id, "public": True}
        votes = [(each["state"], each["right"]) async for each in self._feedback.find(said | {"account_id": {"$ne": without or ""}})]
        most = Counter(votes).most_common(2)
        change: dict[str, Any] = {"$unset": {"told": ""}}
        if most:
            tied = len(most) > 1 and most[0][1] == most[1][1]
            state, right = ("neutral", None) if tied else most[0][0]
            change = {"$set": {"told": {"state": state, "right": right}}}
        await self._signals.update_one({"_id": signal_id}, change)
