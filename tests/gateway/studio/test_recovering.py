"""A gateway that dies half-way leaves nothing half done: the same request, sent again, finds or finishes what was begun."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from libs.chassis.errors import UnavailableError
from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import Event
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import MARKET, TrainingRequested
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.terms import Outcome
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import ModelFilter, Models
from services.gateway.domain.predictions.servable import Servables
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.make_version import MakeVersion
from services.gateway.usecases.predictions.predict import Predict
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


def caller_of(user: User) -> Caller:
    return Caller(user.account_id, "ada", Role.USER, Tier.ELITE, scopes_of(Role.USER), credential="session")


def work_of(name: str) -> Work:
    """Return the work of a request with an Idempotency-Key, as each attempt of it has it."""
    return Work(seed=name, began_ms=1_764_000_000_000)


Train = Callable[..., Awaitable[Job]]


@pytest.fixture
def train(studio: World) -> Train:
    async def begin(model_id: str, *, models: Models | None = None, **more: Any) -> Job:
        start = studio.gateway.platform.job_parts.start
        made = start.effects[Outcome.MODEL_VERSION]
        assert isinstance(made, MakeVersion)
        effects = dict(start.effects) | {Outcome.MODEL_VERSION: replace(made, models=models or made.models)}
        return (await replace(start, effects=effects)(Order(kind=JobKind.TRAIN, model_id=model_id), **more)).job

    return begin


async def test_a_gateway_that_dies_after_it_has_made_a_job_has_begun_it(studio: World, ada: User, train: Train) -> None:
    model_id, store = await ada.make_model(), Store(studio.gateway.platform.models)
    store.hangs = True
    dying = asyncio.create_task(train(model_id, models=store, caller=caller_of(ada), work=work_of(f"dying-{model_id}")))
    await store.reached.wait()
    dying.cancel()

    (job,) = (await ada.get("/training-jobs/"))["results"]
    request = await studio.training.heard(job["id"])

    async def shown() -> bool:
        return bool((await ada.get(f"/models/{model_id}/"))["active_job_id"] == job["id"])

    await until(shown, what="the model that shows its job")
    again = await train(model_id, caller=caller_of(ada), work=work_of(f"dying-{model_id}"))
    assert (again.id, again.model_version, again.reserved_hours) == (job["id"], request.version, request.reserved_hours)
    await studio.training.complete(job["id"])
    await ada.job_is(job["id"], "COMPLETED")
    assert (await ada.get(f"/models/{model_id}/"))["version"] == "1.0"
    assert len(studio.events(TrainingRequested.topic, key=job["id"])) == 1


async def test_a_job_that_has_ended_meanwhile_is_not_begun_again(studio: World, ada: User, train: Train) -> None:
    model_id, caller = await ada.make_model(), caller_of(ada)
    first = await train(model_id, caller=caller, work=work_of("cut-2"))
    await studio.training.complete(first.id)
    await ada.job_is(first.id, "COMPLETED")

    again = await train(model_id, caller=caller, work=work_of("cut-2"))

    assert again.id == first.id
    assert (await ada.get(f"/models/{model_id}/"))["status"] == "COMPLETED"
    assert (await ada.get("/training-jobs/"))["count"] == 1


async def test_the_same_request_running_twice_at_once_makes_one_job(studio: World, ada: User, train: Train) -> None:
    model_id, caller = await ada.make_model(), caller_of(ada)

    jobs = await asyncio.gather(*(train(model_id, caller=caller, work=work_of("twice")) for _ in range(4)))

    assert len({(job.id, job.model_version, job.reserved_hours) for job in jobs}) == 1
    assert len({entry["event_id"] for entry in studio.events(TrainingRequested.topic, key=jobs[0].id)}) <= 1
    assert (await ada.get("/training-jobs/"))["count"] == 1


class Store:
    """The models' store, which can be away."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self.away = self.frozen = self.hangs = False
        self.reached = asyncio.Event()
        self.reads = 0

    async def get(self, model_id: str, *, account_id: str | None, kind: str | None = MARKET) -> Model:
        self.reads += 1
        if self.away:
            msg = "The store is not available right now; try again in a moment."
            raise UnavailableError(msg)
        if self.frozen:
            await asyncio.Event().wait()
        return await self._models.get(model_id, account_id=account_id, kind=kind)

    async def find(self, wanted: ModelFilter, part: Part) -> Page[Model]:
        return await self._models.find(wanted, part)

    async def save(self, model: Model, *events: Event) -> None:
        if self.hangs:
            self.reached.set()
            await asyncio.Event().wait()
        await self._models.save(model, *events)

    async def show(self, model: Model) -> None:
        await self.save(model)

    async def keep(self, model_id: str) -> None:
        await self._models.keep(model_id)

    async def delete(self, model: Model, event: Event) -> None:
        await self._models.delete(model, event)


@pytest.mark.parametrize("trouble", ["away", "frozen"])
async def test_a_known_model_predicts_while_the_store_is_away(studio: World, ada: User, trouble: str) -> None:
    known, unknown = await studio.trained(ada), await studio.trained(ada)
    at = 0.0
    store = Store(studio.gateway.platform.models)
    predict = Predict(
        store,
        studio.gateway.platform.services.inference,
        Servables(lambda: at),
        studio.gateway.platform.subscribing.entitlements,
        synthetic_allowed=False,
    )
    await predict(known, account_id=ada.account_id, symbols=["AAPL"], features={})
    at = 2.0

    setattr(store, trouble, True)
    answer = await predict(known, account_id=ada.account_id, symbols=["AAPL"], features={})

    assert b'"model_version":"1.0"' in answer
    store.frozen, store.away = False, True
    with pytest.raises(UnavailableError):
        await predict(unknown, account_id=ada.account_id, symbols=["AAPL"], features={})
    with pytest.raises(ModelNotFoundError):
        await predict(known, account_id="account_of_another", symbols=["AAPL"], features={})


async def test_a_crowd_reads_the_store_once_and_a_model_in_use_is_read_anew_before_anybody_waits(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    at = 0.0
    store = Store(studio.gateway.platform.models)
    predict = Predict(
        store,
        studio.gateway.platform.services.inference,
        Servables(lambda: at),
        studio.gateway.platform.subscribing.entitlements,
        synthetic_allowed=False,
    )

    async def ask() -> bytes:
        return await predict(model_id, account_id=ada.account_id, symbols=["AAPL"], features={})

    await asyncio.gather(*(ask() for _ in range(40)))
    assert store.reads == 1

    at, store.frozen = 0.8, True
    await asyncio.gather(*(ask() for _ in range(40)))  # Answered though the store hangs: it is read behind them.
    assert store.reads == 2


async def test_events_that_come_while_the_model_is_being_changed_are_tried_again(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)

    await asyncio.gather(studio.training.complete(job_id), *(ada.call("POST", f"/models/{model_id}/train/", {}) for _ in range(3)))

    async def served() -> bool:
        model = await ada.get(f"/models/{model_id}/")
        return any(version["job_id"] == job_id for version in model["versions"])

    await until(served, what="the new version")
    assert studio.set_aside(model_id, job_id) == []
