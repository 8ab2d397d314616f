"""What the dashboard reads: counts, curves and what happened last, from the collections of models and jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from libs.chassis.stores.mongo import Collection, from_decimal128
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import MARKET, JobState
from services.gateway.domain.dashboards.dashboard import Activity, ActivityKind, Curves, ModelCounts
from services.gateway.domain.models.model import ARCHIVED, Listing
from services.gateway.outbound.models.models_mongo import HAS_CURVE, of_kind
from services.gateway.outbound.outage import store_outages

ENDS: Final = {
    JobState.SUCCEEDED.value: ActivityKind.MODEL_TRAINED,
    JobState.FAILED.value: ActivityKind.TRAINING_FAILED,
    JobState.CANCELLED.value: ActivityKind.TRAINING_CANCELLED,
}
TRAINED: Final = {"$gt": [{"$size": "$versions"}, 0]}
DAY: Final = len("2026-01-15")


@dataclass(frozen=True, slots=True)
class OverviewMongo:
    """Implements the port Overview."""

    models_kept: Collection
    jobs_kept: Collection

    async def models(self, account_id: str) -> ModelCounts:
        """Count an account's models."""
        active = {"$and": [TRAINED, {"$ne": ["$stage", ARCHIVED]}]}
        counts = {
            "_id": None,
            "total": {"$sum": 1},
            "active": {"$sum": {"$cond": [active, 1, 0]}},
            "published": {"$sum": {"$cond": [{"$eq": ["$listing", Listing.LISTED.value]}, 1, 0]}},
            "earnings": {"$sum": "$earnings"},
        }
        steps: list[dict[str, Any]] = [{"$match": _own(account_id)}, {"$group": counts}]
        with store_outages():
            found = await self.models_kept.aggregate(steps).to_list(None)
        if not found:
            return ModelCounts(0, 0, 0, Decimal(0))
        return ModelCounts(found[0]["total"], found[0]["active"], found[0]["published"], from_decimal128(found[0]["earnings"]))

    async def jobs_since(self, account_id: str, since: datetime) -> int:
        """Count the trainings that were started since then."""
        with store_outages():
            return await self.jobs_kept.count_documents(
                {"account_id": account_id, "kind": JobKind.TRAIN.value, "created_at": {"$gte": since}}
            )

    async def curves(self, account_id: str, *, most: int) -> Curves:
        """Return the curves of the models that were changed last."""
        query = _own(account_id) | HAS_CURVE
        shown = {"_id": 0, "result.equity_curve": 1, "result.run_card.synthetic": 1}
        with store_outages():
            found = await self.models_kept.find(query, shown).sort("updated_at", DESCENDING).limit(most).to_list(None)
        curves = [[(date.fromisoformat(at[:DAY]), float(equity)) for at, equity in each["result"]["equity_curve"]] for each in found]
        return Curves(curves, any(each["result"].get("run_card", {}).get("synthetic") for each in found))


@dataclass(frozen=True, slots=True)
class ModelActivities:
    """Implements the port Activities: models are created."""

    models: Collection

    async def latest(self, account_id: str, *, most: int) -> Sequence[Activity]:
        """Return the models that were created last."""
        with store_outages():
            found = self.models.find(_own(account_id), {"name": 1, "created_at": 1}).sort("created_at", DESCENDING).limit(most)
            return await readable(found, _created, of=self.models)


@dataclass(frozen=True, slots=True)
class JobActivities:
    """Implements the port Activities: trainings start and end."""

    jobs: Collection
    models: Collection

    async def prepare(self) -> None:
        """Make indexes."""
        await self.jobs.create_index([("account_id", ASCENDING), ("kind", ASCENDING), ("ended_at", DESCENDING)])

    async def latest(self, account_id: str, *, most: int) -> Sequence[Activity]:
        """Return the trainings that started or ended last, by the names of their models."""
        own: dict[str, Any] = _trainings(account_id) | IN_USE
        shown = {"name": 1, "model_id": 1, "state": 1, "created_at": 1, "ended_at": 1}
        with store_outages():
            started = await readable(self.jobs.find(own, shown).sort("created_at", DESCENDING).limit(most), _job, of=self.jobs)
            over = own | {"ended_at": {"$ne": None}}
            ended = await readable(self.jobs.find(over, shown).sort("ended_at", DESCENDING).limit(most), _job, of=self.jobs)
            ids = list({each["model_id"] for each in (*started, *ended)})
            names = {each["_id"]: each["name"] async for each in self.models.find(_own(account_id) | {"_id": {"$in": ids}}, {"name": 1})}
        begun = [Activity(ActivityKind.TRAINING_STARTED, _name(each, names), each["created_at"]) for each in started]
        return begun + [Activity(ENDS[each["state"]], _name(each, names), each["ended_at"]) for each in ended if each["state"] in ENDS]


def _own(account_id: str) -> dict[str, Any]:
    return {"account_id": account_id, "deleted_at": None} | of_kind(MARKET) | IN_USE


def _trainings(account_id: str) -> dict[str, Any]:
    return {"account_id": account_id, "kind": JobKind.TRAIN.value}


def _created(model: dict[str, Any]) -> Activity:
    return Activity(ActivityKind.MODEL_CREATED, model["name"], model["created_at"])


def _job(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("model_id", "name", "state", "created_at")} | {"ended_at": document.get("ended_at")}


def _name(job: dict[str, Any], names: dict[str, str]) -> str:
    """Return the model's name; a model that is gone has left its job's."""
    return names.get(job["model_id"], str(job["name"]))
