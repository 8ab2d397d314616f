"""Experiments in MongoDB: one document each, what is long or named by users as text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.contracts.tuning import TuneProgress, TuneResult, TuneSpec
from services.gateway.domain.experiments.errors import (
    ExperimentNotFoundError,
    ExperimentStateError,
    TooManyExperimentsError,
    TuningNotFoundError,
)
from services.gateway.domain.experiments.experiment import (
    STARTABLE,
    UNDER_WAY,
    Asked,
    End,
    Experiment,
    ExperimentFilter,
    ExperimentStatus,
    files_of,
)
from services.gateway.outbound.outage import store_outages

OLDEST_FIRST: Final = (("created_at", ASCENDING), ("_id", ASCENDING))
# Experiments stand for themselves; a model's tunings have its id.
OF_NO_MODEL: Final = None
# A request has ended by then, whichever way.
CUT_OFF_AFTER: Final = timedelta(minutes=5)
# Jobs that an experiment can be asked for by.
JOBS_KEPT: Final = 100
SHORT: Final = dict.fromkeys(("result", "partial", "before"), 0)
PLAIN: Final = (
    "account_id",
    "name",
    "description",
    "created_at",
    "updated_at",
    "model_id",
    "job_id",
    "started_at",
    "completed_at",
    "error",
)


class ExperimentsMongo:
    """Implements the port Experiments."""

    def __init__(self, collection: Collection) -> None:
        self._experiments = collection

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen in ((), ("status",)):
            fields = [(name, ASCENDING) for name in ("account_id", "model_id", *chosen)]
            await self._experiments.create_index([*fields, *OLDEST_FIRST])
        await self._experiments.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        await self._experiments.create_index("jobs")

    async def add(self, experiment: Experiment, *, most: int) -> Experiment:
        """Keep a new one, as the port says."""
        with store_outages():
            if await self._is_full(experiment, most):
                if known := await self._experiments.find_one({"_id": experiment.id}):  # The same request, once more.
                    return _experiment_of(known)
                await self._drop_cut_off(experiment)
                if await self._is_full(experiment, most):
                    raise TooManyExperimentsError
            try:
                await self._experiments.insert_one(_to_document(experiment))
            except DuplicateKeyError:
                return await self._one({"_id": experiment.id}, missing=ExperimentNotFoundError(experiment.id))
        return experiment

    async def get(self, experiment_id: str, *, account_id: str) -> Experiment:
        """Return an account's experiment, as the port says."""
        wanted = {"_id": experiment_id, "account_id": account_id, "model_id": OF_NO_MODEL}
        return await self._one(wanted, missing=ExperimentNotFoundError(experiment_id))

    async def tuning(self, job_id: str, *, model_id: str, account_id: str) -> Experiment:
        """Return the tuning of a model that a job does, as the port says."""
        wanted = {"jobs": job_id, "account_id": account_id, "model_id": model_id}
        return await self._one(wanted, missing=TuningNotFoundError(job_id))

    async def find(self, wanted: ExperimentFilter, part: Part) -> Page[Experiment]:
        """Return a part of an account's experiments, the oldest first."""
        query: dict[str, Any] = {"account_id": wanted.account_id, "model_id": OF_NO_MODEL}
        query |= {"status": wanted.status.value} if wanted.status else {}
        with store_outages():
            return await read_part(self._experiments, query, part, order=OLDEST_FIRST, read=_experiment_of, shown=SHORT)

    async def begin(self, experiment_id: str, *, account_id: str, job_id: str, spec: TuneSpec, at: datetime) -> None:
        """Give a search to a job, as the port says; how it stood before is kept until the job has begun."""
        free: dict[str, Any] = {"_id": experiment_id, "account_id": account_id, "status": {"$in": [each.value for each in STARTABLE]}}
        with store_outages():
            found = await self._experiments.find_one({"_id": experiment_id, "account_id": account_id})
            if found is None:
                raise ExperimentNotFoundError(experiment_id)
            if job_id in found["jobs"]:
                return
            begun = {
                "status": ExperimentStatus.RUNNING.value, "job_id": job_id, "started_at": found["started_at"] or at, "updated_at": at,
                "completed_at": None, "error": None, "spec": spec.model_dump_json(),
                # Stays as long as it may be resumed: the search goes on with the same candles.
                "own": [each.sha256 for each in spec.base.own],
                "before": {name: found[name] for name in ("status", "job_id", "started_at", "completed_at", "error", "spec")},
            }  # fmt: skip
            changes = {"$set": begun, "$push": {"jobs": {"$each": [job_id], "$slice": -JOBS_KEPT}}}
            written = await self._experiments.update_one(free | {"job_id": found["job_id"]}, changes)
        if not written.matched_count:
            message = "The experiment was started at the same time."
            raise ExperimentStateError(message, state=ExperimentStatus.RUNNING)

    async def withdraw(self, job_id: str) -> None:
        """Undo `begin`, as the port says."""
        with store_outages():
            found = await self._experiments.find_one(
                {"jobs": job_id, "job_id": job_id, "status": {"$in": [each.value for each in UNDER_WAY]}}
            )
            if found is not None and found.get("before"):
                if found["model_id"] is not OF_NO_MODEL and found["before"]["status"] == ExperimentStatus.CREATED.value:
                    await self._experiments.delete_one({"_id": found["_id"], "job_id": job_id})
                    return
                await self._experiments.update_one(
                    {"_id": found["_id"], "job_id": job_id}, {"$set": found["before"] | {"before": None}, "$pull": {"jobs": job_id}}
                )

    async def stopping(self, experiment_id: str, *, at: datetime) -> None:
        """Note that a running one is to be stopped."""
        with store_outages():
            await self._experiments.update_one(
                {"_id": experiment_id, "status": ExperimentStatus.RUNNING.value},
                {"$set": {"status": ExperimentStatus.STOPPING.value, "updated_at": at}},
            )

    async def end(self, job_id: str, end: End) -> None:
        """Note how a job has ended, as the port says. What an earlier one has found stays where this one has told nothing."""
        fields: dict[str, Any] = {
            "status": end.status.value, "updated_at": end.at, "completed_at": end.at, "error": end.error, "before": None,
        }  # fmt: skip
        if end.result is not None or end.partial is not None:
            fields |= {name: getattr(end, name) and getattr(end, name).model_dump_json() for name in ("result", "partial")}
            fields |= {"files": list(files_of(end.result, end.partial))}
        with store_outages():
            await self._experiments.update_one(_under_way(job_id), {"$set": fields})

    async def remove(self, experiment_id: str, *, account_id: str, model_id: str | None = OF_NO_MODEL) -> None:
        """Remove one that does not run, as the port says."""
        whose = {"_id": experiment_id, "account_id": account_id, "model_id": model_id}
        with store_outages():
            gone = await self._experiments.delete_one(whose | {"status": {"$in": [each.value for each in STARTABLE]}})
            if not gone.deleted_count:
                (await self._one(whose, missing=ExperimentNotFoundError(experiment_id))).check_deletable()

    async def of_model(self, model_id: str, *, account_id: str) -> Sequence[str]:
        """Return the jobs of a model's tunings, as the port says."""
        with store_outages():
            found = self._experiments.find({"account_id": account_id, "model_id": model_id}, {"job_id": 1})
            return [each["job_id"] async for each in found if each["job_id"] is not None]

    async def remove_of_model(self, model_id: str, *, account_id: str) -> None:
        """Remove all tunings of a model."""
        with store_outages():
            await self._experiments.delete_many({"account_id": account_id, "model_id": model_id})

    async def forget(self, account_id: str) -> None:
        """Remove what is kept of an account."""
        with store_outages():
            await self._experiments.delete_many({"account_id": account_id})

    async def _is_full(self, experiment: Experiment, most: int) -> bool:
        return await self._experiments.count_documents({"account_id": experiment.account_id}, limit=most) >= most

    async def _drop_cut_off(self, experiment: Experiment) -> None:
        """Remove tunings whose request died before their jobs began: they are known by these, so nobody can ask for them."""
        old = {"$lt": experiment.created_at - CUT_OFF_AFTER}
        cut_off = {"account_id": experiment.account_id, "model_id": {"$ne": OF_NO_MODEL}, "jobs": [], "created_at": old}
        await self._experiments.delete_many(cut_off)

    async def _one(self, wanted: Mapping[str, Any], *, missing: Exception) -> Experiment:
        with store_outages():
            document = await self._experiments.find_one(wanted)
        if document is None:
            raise missing
        return _experiment_of(document)


def _under_way(job_id: str) -> dict[str, Any]:
    """Return what finds the experiment that a job searches for; `jobs` has the index."""
    return {"jobs": job_id, "job_id": job_id, "status": {"$in": [each.value for each in UNDER_WAY]}}


def _to_document(experiment: Experiment) -> dict[str, Any]:
    return {name: getattr(experiment, name) for name in PLAIN} | {
        "_id": experiment.id,
        "status": experiment.status.value,
        # As text: users name hyperparameters, and MongoDB has its own ideas about dots and dollars.
        "asked": json.dumps(asdict(experiment.asked)),
        "spec": experiment.spec.model_dump_json(),
        "result": None,
        "partial": None,
        "before": None,
        "files": [],
        "own": [],
        "jobs": [],
    }


def _experiment_of(document: Mapping[str, Any]) -> Experiment:
    result, partial = document.get("result"), document.get("partial")
    return Experiment(
        id=document["_id"],
        status=ExperimentStatus(document["status"]),
        asked=Asked(**json.loads(document["asked"])),
        spec=TuneSpec.model_validate(json.loads(document["spec"]), extra="ignore"),
        result=TuneResult.model_validate(json.loads(result), extra="ignore") if result else None,
        partial=TuneProgress.model_validate(json.loads(partial), extra="ignore") if partial else None,
        **{name: document[name] for name in PLAIN},
    )
