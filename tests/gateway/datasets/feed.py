"""What stories about live series do: end refreshes as the training service would, and have gateways look later."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted, JobFailed
from libs.contracts.live import PLATFORM, RefreshResult, RefreshSpec
from libs.contracts.training import JobError, JobState
from tests.gateway.datasets.desk import BEGIN, BROKEN, columns
from tests.gateway.studio.world import World
from tests.waiting import until


def series(symbol: str, **said: Any) -> dict[str, Any]:
    usual = {"source": "ccxt:binance", "market": f"{symbol}/USDT", "timeframe": "1h", "since": "2026-01-05"}
    return usual | {"symbol": symbol} | said


@dataclass
class Feed:
    """A live series as its refreshes go, ended as the training service would."""

    world: World
    symbol: str

    @property
    def id(self) -> str:
        return f"live_{self.symbol}_1h"

    def requests(self) -> list[tuple[str, RefreshSpec]]:
        """Return the refreshes of the series that were asked for."""
        asked = [(job_id, event) for job_id, event in self.world.training.job_requests.items() if event.kind == "refresh"]
        specs = [(job_id, RefreshSpec.model_validate(event.spec)) for job_id, event in asked]
        return [(job_id, spec) for job_id, spec in specs if spec.dataset_id == self.id]

    async def requested(self, count: int = 1) -> tuple[str, RefreshSpec]:
        """Wait until so many refreshes were asked for; return the last."""

        async def there() -> bool:
            return len(self.requests()) >= count

        await until(there, what=f"refresh {count} of {self.id}")
        assert len(self.requests()) == count
        return self.requests()[-1]

    async def complete(
        self, *, refused: bool = False, count: int = 1, end: datetime = BEGIN + timedelta(hours=8), **said: Any
    ) -> RefreshSpec:
        """End the newest refresh well, or with candles that are refused, and wait until that is seen."""
        job_id, spec = await self.requested(count)
        artifacts = self.world.training.artifacts
        result = RefreshResult(
            status="refused" if refused else "ready",
            artifact=None if refused else artifacts.put(f"candles of {self.id} {spec.version}".encode()),
            page=artifacts.put(b"<!doctype html>"),
            rows=8,
            added=8,
            columns=columns()[:6],
            start=end - timedelta(hours=8),
            end=end,
            timeframe="1h",
            calendar="24/7",
            preview=(),
            findings=(BROKEN,) if refused else (),
            **{"came": 8, "missing": 0, "caught_up": True} | said,
        )
        about = self.world.training.of_job(job_id) | self._work(job_id, JobState.SUCCEEDED)
        event = JobCompleted(**about, spec=spec.model_dump(mode="json"), result=result.model_dump(mode="json"), logs=())
        await self.world.training.bus.publish(event)
        await self._ended(job_id)
        return spec

    async def fail(self, message: str, *, count: int = 1) -> None:
        job_id, spec = await self.requested(count)
        error, about = JobError(type="SourceRefusedError", message=message), self.world.training.of_job(job_id)
        work = self._work(job_id, JobState.FAILED)
        event = JobFailed(**about, **work, spec=spec.model_dump(mode="json"), attempts=1, error=error, logs=())
        await self.world.training.bus.publish(event)
        await self._ended(job_id)

    def _work(self, job_id: str, state: JobState) -> dict[str, Any]:
        self.world.training.ended[job_id] = (state, Decimal("0.001"))
        return {"started_at": BEGIN, "ended_at": now(), "compute_hours": Decimal("0.001")}

    async def _ended(self, job_id: str) -> None:
        async def ended() -> bool:
            return (await self.world.gateway.platform.jobs.get(job_id, account_id=PLATFORM, kind=None)).state.ended

        await until(ended, what=f"the end of {job_id}")

    async def look_later(self, after: timedelta) -> None:
        """Have both gateways look at the same time, some time from now, at this series alone."""
        looks = [
            replace(each.refresh, series={self.id: each.refresh.series[self.id]}, clock=lambda: now() + after)
            for each in self.world.gateways
        ]
        await asyncio.gather(*(look() for look in looks))

    async def due_in(self) -> timedelta:
        document = await self.world.database["live_series"].find_one({"_id": self.id})
        assert document is not None
        return document["due_at"] - now()
