"""The prediction log, written behind the answers: a bounded queue, then batches into MongoDB."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter
from pymongo.errors import BulkWriteError

from libs.chassis.liveness.failures import report_failure
from libs.chassis.liveness.outages import NO_ROOM
from libs.chassis.stores.erased import ErasedAccounts
from libs.chassis.stores.mongo import Database, expire
from libs.chassis.tasks import beside
from libs.contracts.ids import new_ids
from services.inference.domain.ports import Logged

BATCH: Final = 1000
DUPLICATE_KEY: Final = 11000
WRITE_EVERY_S: Final = 0.5
PAUSE_S: Final = 2.0
LAST_WRITE_WITHIN_S: Final = 5.0
FIELDS: Final = tuple(each.name for each in fields(Logged))
_values: Final = attrgetter(*FIELDS)


class LogMongo:
    """Implements the port PredictionLog."""

    def __init__(self, database: Database, *, life: timedelta, most: int, registry: CollectorRegistry) -> None:
        self._collection, self._life, self._most = database["predictions"], life, most
        self._erased = ErasedAccounts(database["erased_accounts"])
        self._waiting: deque[Logged] = deque()
        self._batch: list[dict[str, Any]] = []  # What is being written; kept with its ids until the store has it.
        self._dropped = Counter("modelbourse_prediction_log_dropped_total", "Predictions that could not be logged.", registry=registry)

    def write(self, predictions: Sequence[Logged]) -> None:
        """Take predictions to be written soon; what does not fit is counted and dropped."""
        if len(self._waiting) + len(predictions) > self._most:
            self._dropped.inc(len(predictions))
            return
        self._waiting.extend(predictions)

    async def forget(self, account_id: str) -> None:
        """Remove an account's predictions; those that wait to be written, here or in another process, go as soon as they are."""
        await self._erased.note(account_id)
        await self._collection.delete_many({"account_id": account_id})

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write in the background; on leaving, what waits is written if the store answers."""
        await self._prepare()
        async with beside(self._keep_writing()):
            yield
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WRITE_WITHIN_S):
                await self._write_waiting()
        self._dropped.inc(len(self._batch) + len(self._waiting))

    async def _prepare(self) -> None:
        await self._collection.create_index([("model_id", 1), ("at", -1)])
        await self._collection.create_index([("account_id", 1), ("_id", 1)])
        await expire(self._collection, "at", after=self._life)

    async def _keep_writing(self) -> None:
        while True:
            written = await self._write_waiting()
            await asyncio.sleep(WRITE_EVERY_S if written else PAUSE_S)

    async def _write_waiting(self) -> bool:
        while self._batch or self._waiting:
            if not self._batch:
                taken = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                ids = new_ids("prediction", len(taken))
                self._batch = [{"_id": own, **dict(zip(FIELDS, _values(each), strict=True))} for own, each in zip(ids, taken, strict=True)]
            try:
                await self._collection.insert_many(self._batch, ordered=False)
            except BulkWriteError as error:
                # Of those that the store refused, the duplicates had been written by an attempt that seemed to fail.
                refused = [each for each in (error.details or {}).get("writeErrors", []) if each["code"] != DUPLICATE_KEY]
                if any(each["code"] in NO_ROOM for each in refused):
                    report_failure(error, work="writing the prediction log")
                    return False
                if refused:
                    report_failure(error, work="writing the prediction log")
                    self._dropped.inc(len(refused))
            except Exception as error:  # noqa: BLE001  # they wait, so many at most
                report_failure(error, work="writing the prediction log")
                return False
            try:
                await self._take_out_erased({each["account_id"] for each in self._batch})
            except Exception as error:  # noqa: BLE001  # they are there already when they are written again
                report_failure(error, work="writing the prediction log")
                return False
            self._batch = []
        return True

    async def _take_out_erased(self, account_ids: set[str]) -> None:
        """Remove what was written after its account was erased: one process hears of that, and others have rows that wait."""
        if erased := await self._erased.among(account_ids):
            await self._collection.delete_many({"account_id": {"$in": sorted(erased)}})
