"""Signals that were made, and what became of each: a document a signal."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, ReturnDocument

from libs.chassis.stores.erased import ErasedAccounts
from libs.chassis.stores.mongo import Database, expire
from services.inference.domain.signal_scores import BINS, Scored, SignalScore, Tally

FIELDS: Final = tuple(SignalScore.__slots__)
WAITING: Final = "waiting"
HAS_FEEDBACK: Final = {"$gt": ["$told", None]}
# The market's word stands before what people say: their word counts where it has none.
BY_FEEDBACK: Final = {"$and": [HAS_FEEDBACK, {"$in": ["$state", [WAITING, "unscored"]]}]}
BY_FEEDBACK_ELSE: Final = {name: {"$cond": [BY_FEEDBACK, f"$told.{name}", f"${name}"]} for name in ("state", "right")}


class SignalScoresMongo:
    """Implements the port SignalScores."""

    def __init__(self, database: Database, *, life: timedelta) -> None:
        self._signals, self._life = database["signal_scores"], life
        self._erased = ErasedAccounts(database["erased_accounts"])

    async def prepare(self) -> None:
        """Make indexes: what is due, what is public by time, what is an account's."""
        await self._signals.create_index([("next_at", ASCENDING)], partialFilterExpression={"state": WAITING})
        await self._signals.create_index([("account_id", ASCENDING), ("at", DESCENDING)])
        await self._signals.create_index([("owner", ASCENDING), ("_id", ASCENDING)])
        await expire(self._signals, "at", after=self._life)

    async def add(self, score: SignalScore) -> None:
        """Keep a signal that waits to be scored; one that is known stays as it is."""
        owner = score.account_id or score.requested_by
        fields = {name: getattr(score, name) for name in FIELDS if name != "signal_id"}
        fields |= {"owner": owner, "bin": bin_of(score.confidence), "state": WAITING, "next_at": score.due_at}
        await self._signals.update_one({"_id": score.signal_id}, {"$setOnInsert": fields}, upsert=True)
        if owner and await self._erased.has(owner):
            await self.forget(owner)

    async def take(self, *, at: datetime, until: datetime) -> SignalScore | None:
        """Take the signal that has been due for the longest; nobody else has it before `until`."""
        due = {"state": WAITING, "next_at": {"$lte": at}}
        taken = await self._signals.find_one_and_update(
            due, {"$set": {"next_at": until}}, sort=[("next_at", ASCENDING)], return_document=ReturnDocument.AFTER
        )
        return None if taken is None else _score_of(taken)

    async def keep(self, signal_id: str, scored: Scored) -> None:
        """Keep what has become of a signal that waits."""
        fields = {name: getattr(scored, name) for name in Scored.__slots__}
        await self._signals.update_one({"_id": signal_id, "state": WAITING}, {"$set": fields, "$unset": {"next_at": ""}})

    async def put_back(self, signal_id: str, *, until: datetime) -> None:
        """Have a signal looked at later."""
        await self._signals.update_one({"_id": signal_id, "state": WAITING}, {"$set": {"next_at": until}})

    async def known(self, signal_id: str, *, account_id: str | None) -> SignalScore | None:
        """Return a signal that an account may know of."""
        found = await self._signals.find_one({"_id": signal_id})
        if found is None or found["account_id"] not in {None, account_id}:
            return None
        return _score_of(found)

    async def tallies(self, *, account_id: str | None, since: datetime | None) -> Sequence[Tally]:
        """Count an account's signals that it has given no feedback on, or all that are public: each once, whoever says what of it."""
        wanted: dict[str, Any] = {"owner": account_id} if account_id else {"account_id": None}
        if since is not None:
            wanted["at"] = {"$gte": since}
        steps: list[Mapping[str, Any]] = [{"$match": wanted}]
        if account_id:
            given = {"$concat": ["$_id", " ", account_id]}
            rated = [{"$match": {"$expr": {"$eq": ["$_id", "$$given"]}}}, {"$project": {"_id": 1}}]
            steps.append({"$lookup": {"from": "signal_feedback", "let": {"given": given}, "pipeline": rated, "as": "by_account"}})
            steps.append({"$match": {"by_account": []}})
        else:
            steps.append({"$set": BY_FEEDBACK_ELSE})
        return [tally_of(each) async for each in self._signals.aggregate([*steps, grouped("$confidence")])]

    async def forget(self, account_id: str) -> None:
        """Remove the signals of an account's own symbols, and that it has asked for others."""
        await self._signals.delete_many({"owner": account_id, "account_id": account_id})
        await self._signals.update_many({"owner": account_id}, {"$set": {"owner": None, "requested_by": None}})


def bin_of(confidence: float) -> int:
    """Return the bin of a confidence."""
    return min(BINS - 1, int(confidence * BINS))


def grouped(confidence: str) -> dict[str, Any]:
    """Return the step of an aggregation that counts what is alike."""
    alike = {name: f"${name}" for name in ("signal", "state", "right", "bin", "reason", "origin")}
    return {
        "$group": {
            "_id": alike,
            "count": {"$sum": 1},
            "feedback": {"$sum": {"$cond": [HAS_FEEDBACK, 1, 0]}},
            "confidence": {"$sum": confidence},
            "confidence_squared": {"$sum": {"$multiply": [confidence, confidence]}},
        }
    }


def tally_of(document: Mapping[str, Any]) -> Tally:
    """Return one of an aggregation's counts."""
    alike = document["_id"]
    return Tally(
        signal=alike["signal"],
        state=alike["state"],
        right=alike.get("right"),
        bin=alike["bin"],
        count=document["count"],
        confidence=document["confidence"],
        confidence_squared=document["confidence_squared"],
        feedback=document["feedback"],
        reason=alike.get("reason"),
        origin=alike.get("origin"),
    )


def _score_of(document: Mapping[str, Any]) -> SignalScore:
    fields = {name: document[name] for name in FIELDS if name not in {"signal_id", "origin"}}
    return SignalScore(signal_id=document["_id"], origin=document.get("origin"), **fields)
