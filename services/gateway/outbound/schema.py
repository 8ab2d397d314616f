"""The versions of the gateway's database: what a release brings over before it serves."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final
from zlib import crc32

from libs.chassis.stores.migrations import Migration, Schema, Step, drop_indexes
from libs.contracts.envelope import now
from libs.contracts.gateway import Stage
from libs.contracts.training import TrainingSpec
from services.gateway.domain.monitoring.errors import WatchChangedError
from services.gateway.outbound.datasets.datasets_mongo import DatasetsMongo
from services.gateway.outbound.jobs.former_jobs_mongo import FormerJobsMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.jobs.trials_mongo import TrialsMongo
from services.gateway.outbound.models.models_mongo import ModelsMongo
from services.gateway.outbound.monitoring.watches_mongo import WatchesMongo

DAY: Final = 86_400
NEWEST: Final = "created_at_-1__id_-1"
# Of each a longer one answers what it did. Where processes of the last release asked in its order (the dashboard's curves, datasets of a
# kind or a status), they sort one account's few while both releases run.
SHORTER_INDEXES: Final = {
    "models": (f"account_id_1_{NEWEST}", "account_id_1_updated_at_-1"),
    "datasets": tuple(f"account_id_1_is_listed_1_{chosen}_1_{NEWEST}" for chosen in ("kind", "symbol", "status")),
    "jobs": (
        *(f"account_id_1_kind_1_spec.{path}_1_{NEWEST}" for path in ("symbol", "strategy.name")),
        *(f"account_id_1_kind_1_result.{path}_-1_{NEWEST}" for path in ("metrics.win_rate", "metrics.sharpe_ratio", "money.net_profit")),
    ),
}


async def _bring_jobs_over(step: Step) -> None:
    jobs = JobsMongo(step.database["jobs"], on_write=lambda: None)
    # Their indexes first: slots are given by them.
    await jobs.prepare()
    await FormerJobsMongo(step.database, jobs).bring()


async def _drop_shorter_indexes(step: Step) -> None:
    database = step.database
    # The longer ones first: at no moment is a list, of this release or of the last one, without an index.
    for prepare in (
        ModelsMongo(database["models"], on_write=lambda: None).prepare,
        DatasetsMongo(database).prepare,
        JobsMongo(database["jobs"], on_write=lambda: None).prepare,
    ):
        await prepare()
    for name, indexes in SHORTER_INDEXES.items():
        await drop_indexes(database[name], *indexes)


async def _say_what_trainings_read(step: Step) -> None:
    # Lists of trainings choose by it; their requests, which say it, are no part of a list.
    jobs = step.database["jobs"]
    unsaid = {"asked": {"$type": "string"}, "symbols": {"$exists": False}}
    async for job in jobs.find(unsaid, {"asked": 1}):
        spec = TrainingSpec.model_validate_json(job["asked"])
        await jobs.update_one({"_id": job["_id"]}, {"$set": {"symbols": list(spec.symbols), "timeframe": spec.timeframe}})


async def _write_down_what_was_tried(step: Step) -> None:
    # Trials were read out of the backtests' own documents. An index that this rested on (account_id, tried_on, state) stays for the
    # processes of that release; the next one may drop it.
    await TrialsMongo(step.database).bring_over()


async def _watch_models_in_production(step: Step) -> None:
    # What comes to production from now on is watched by its event; processes of the last release watch nothing.
    watches = WatchesMongo(step.database["watches"], on_write=lambda: None)
    await watches.prepare()
    # Not all at once: each is looked at first at a moment of its own within the day that follows.
    in_production = {"deleted_at": None, "versions.stage": Stage.PRODUCTION.value}
    async for model in step.database["models"].find(in_production, {"account_id": 1}):
        watch = await watches.get(model["_id"], account_id=model["account_id"])
        if not watch.version:
            with suppress(WatchChangedError):  # Its event was faster.
                await watches.save(
                    replace(watch, in_production=True, next_at=now() + timedelta(seconds=crc32(model["_id"].encode()) % DAY))
                )


SCHEMA: Final = Schema(
    (
        Migration(2, "jobs of all kinds lie in one collection", _bring_jobs_over),
        Migration(3, "indexes that longer ones stand for are dropped", _drop_shorter_indexes),
        Migration(4, "trainings say which symbols they read", _say_what_trainings_read),
        Migration(5, "what backtests have tried is written down by configuration", _write_down_what_was_tried),
        Migration(6, "models in production are watched", _watch_models_in_production),
    )
)
