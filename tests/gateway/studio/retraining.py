"""A world whose gateways have a clock that stories set, and models that are retrained in it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from libs.contracts.envelope import now
from libs.contracts.retraining import judged
from libs.contracts.training import TrainingRequested
from services.gateway.app import Gateway
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.own_candles import give
from tests.gateway.studio.world import User, World
from tests.waiting import until

WEEKLY = {"every": "7d", "expire_after": "30d"}
SEEN = datetime(2024, 12, 31, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


@dataclass
class Hands:
    """A clock that goes on, and can be set ahead."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass(repr=False)
class Kept:
    """A model of somebody's own candles that is retrained every week."""

    studio: World
    clock: Hands
    user: User
    model_id: str = ""
    dataset_id: str = ""
    versions: int = 1
    jobs: list[str] = field(default_factory=list)

    async def shown(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.user.get(f"/models/{self.model_id}/")
        return found

    async def last(self, outcome: str) -> dict[str, Any]:
        """Wait until the model's last turn has this outcome, and return it."""
        found: dict[str, Any] = {}

        async def there() -> bool:
            found.update((await self.shown())["retraining"].get("last", {}))
            return found.get("outcome") == outcome

        await until(there, what=f"a turn that is {outcome}")
        return found

    async def new_candles(self, *, days: int = 7) -> None:
        """Let a version of the dataset come that has later candles."""
        self.versions += 1
        end = SEEN + timedelta(days=days * (self.versions - 1))
        await give(self.studio, self.user, dataset_id=self.dataset_id, version=self.versions, end=end)

    async def turn(self, gateway: Gateway | None = None) -> None:
        """Let a gateway see to all that is due."""
        while await (gateway or self.studio.gateway).platform.retrain():
            pass

    async def requested(self) -> TrainingRequested:
        """Return the request of the job that works on the model."""
        found: dict[str, Any] = {}

        async def working() -> bool:
            found.update(await self.shown())
            return found["active_job_id"] is not None

        await until(working, what="a retraining")
        return await self.studio.training.heard(found["active_job_id"])

    async def made(self, request: TrainingRequested, *, old: float = 1.0, new: float = 1.0, rows: int = 180) -> None:
        """Let the job end well, with a version that compares like this."""
        gate = judged(request.spec.incumbent, rows=rows, old=old, new=new) if request.spec.incumbent else None
        result = measured().model_copy(update={"gate": gate})
        await self.studio.training.complete(request.job_id, result=result, ended_at=self.clock())
        await self.user.job_is(request.job_id, "COMPLETED")


async def kept(studio: World, clock: Hands, user: User, *, retrain: dict[str, Any] | None = None, **config: Any) -> Kept:
    """Return a model that was trained once."""
    found = Kept(studio, clock, user)
    found.dataset_id = await give(studio, user, end=SEEN)
    whole = {"symbols": ["ACME"], "timeframe": "1h", "cross_validation_folds": 0, "retrain": retrain or WEEKLY} | config
    found.model_id = await user.make_model(training_config=whole)
    await user.train(found.model_id)
    await found.made(await found.requested())
    return found


async def told(studio: World, topic: str, model_id: str, *, count: int = 1) -> list[dict[str, Any]]:
    """Return what was told of a model on a topic, once there is so much."""
    return await _when(lambda: _events(studio, topic, model_id), count=count)


async def _events(studio: World, topic: str, model_id: str) -> list[dict[str, Any]]:
    return studio.events(topic, key=model_id)


async def _when(look: Callable[[], Awaitable[list[dict[str, Any]]]], *, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    async def there() -> bool:
        found[:] = await look()
        return len(found) >= count

    await until(there, what="an event")
    return found
