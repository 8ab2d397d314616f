"""A model that is changed while something else of it changes, or is being read: no change is lost, and none comes back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from libs.contracts.envelope import Event, now
from libs.contracts.gateway import ModelUpdated, Stage
from libs.contracts.training import MARKET
from services.gateway.domain.accounts.tier_limits import DEFAULTS, TierLimits
from services.gateway.domain.models.errors import ModelArchivedError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models
from services.gateway.domain.predictions.servable import Servables
from services.gateway.usecases.models.archive_model import ArchiveModel
from services.gateway.usecases.models.change_model import UpdateModel
from services.gateway.usecases.models.model_draft import ModelDraft
from services.gateway.usecases.models.serve_results import ServeResults
from services.gateway.usecases.models.stage_version import StageVersion
from services.gateway.usecases.predictions.predict import Predict
from tests.gateway.studio.subscribers import predict
from tests.gateway.studio.test_recovering import Store, caller_of
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
LIMITS: Final = TierLimits(DEFAULTS)


class Overtaken(Store):
    """The models' store, where something else happens before the first write."""

    def __init__(self, models: Models, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(models)
        self.meanwhile: Callable[[], Awaitable[object]] | None = meanwhile
        self.writes = 0

    async def save(self, model: Model, *events: Event) -> None:
        self.writes += 1
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            await meanwhile()
        await super().save(model, *events)


class Late(Store):
    """The models' store, whose answers are on their way for as long as `held` says."""

    def __init__(self, models: Models) -> None:
        super().__init__(models)
        self.held: asyncio.Event | None = None
        self.arrived = asyncio.Event()

    async def get(self, model_id: str, *, account_id: str | None, kind: str | None = MARKET) -> Model:
        model = await super().get(model_id, account_id=account_id, kind=kind)
        self.reached.set()
        if self.held:
            await self.held.wait()
            self.arrived.set()
        return model


async def test_staging_goes_on_when_a_training_of_the_model_ends_in_the_same_moment(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    job_id = await ada.train(model_id)

    async def ends() -> None:
        await studio.training.complete(job_id)
        await ada.job_is(job_id, "COMPLETED")

    platform = studio.gateway.platform
    store = Overtaken(platform.models, ends)
    stage = StageVersion(store, ServeResults(platform.results), Servables(), LIMITS, now)
    await stage(model_id, "1.0", caller=caller_of(ada), stage=Stage.PRODUCTION, aliases=["champion"])

    versions = (await ada.get(f"/models/{model_id}/"))["versions"]
    assert store.writes == 2
    assert [(each["version"], each["stage"], each["aliases"], each["serves"]) for each in versions] == [
        ("1.0", "production", ["champion"], True),
        ("1.1", "none", [], False),
    ]


async def test_renaming_goes_on_when_the_model_is_trained_in_the_same_moment(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    store = Overtaken(studio.gateway.platform.models, lambda: ada.train(model_id))
    update = UpdateModel(store, Servables(), LIMITS, now)
    await update(model_id, caller=caller_of(ada), change=lambda model: ModelDraft("Renamed", model.description, model.spec))

    model = await ada.get(f"/models/{model_id}/")
    assert (store.writes, model["name"], model["active_job_id"] is None) == (2, "Renamed", False)


@pytest.mark.parametrize("trained", [False, True])
async def test_a_change_that_changes_nothing_is_neither_written_nor_told(studio: World, ada: User, trained: bool) -> None:
    model_id = await studio.trained(ada) if trained else await ada.make_model()
    before = await ada.get(f"/models/{model_id}/")
    same = {"name": before["name"], "description": f" {before['description']}"}

    answers = [await ada.call("PATCH", f"/models/{model_id}/", change) for change in ({}, same)]
    renamed = await ada.call("PATCH", f"/models/{model_id}/", {"name": "Renamed"})

    async def told() -> bool:
        return bool(studio.events(ModelUpdated.topic, key=model_id))

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, before), (200, before)]
    assert renamed.json()["updated_at"] > before["updated_at"]
    await until(told)
    assert len(studio.events(ModelUpdated.topic, key=model_id)) == 1


@pytest.mark.parametrize("change", ["stage", "archive"])
async def test_what_was_read_before_a_change_is_not_what_answers_after_it(studio: World, ada: User, change: str) -> None:
    model_id = await studio.trained(ada)
    await train_again(studio, ada, model_id)
    at, platform = 0.0, studio.gateway.platform
    store, servables = Late(platform.models), Servables(lambda: at)
    asks = Predict(store, platform.services.inference, servables, platform.subscribing.entitlements, synthetic_allowed=False)

    async def answers() -> str:
        try:
            return (await asks.serving(model_id, account_id=ada.account_id)).version
        except ModelArchivedError:
            return "archived"

    before = await answers()
    at, store.held = 0.8, asyncio.Event()
    store.reached.clear()
    await answers()  # It is read anew behind this one, and that reading takes its time.
    await store.reached.wait()
    if change == "stage":
        stage = StageVersion(platform.models, ServeResults(platform.results), servables, LIMITS, now)
        await stage(model_id, "1.0", caller=caller_of(ada), stage=Stage.PRODUCTION, aliases=None)
    else:
        await ArchiveModel(platform.models, servables, LIMITS, now)(model_id, caller=caller_of(ada))
    held, store.held = store.held, None
    after = await answers()
    held.set()
    await store.arrived.wait()

    assert (before, after) == ("1.1", "1.0" if change == "stage" else "archived")
    assert await answers() == after


async def test_predictions_at_the_other_gateway_follow_what_is_staged(studio: World, ada: User) -> None:
    model_id, other = await studio.trained(ada), studio.at_the_other(ada)
    await train_again(studio, ada, model_id)

    async def answers(version: str) -> bool:
        return bool((await predict(other, model_id)).json()["model_version"] == version)

    assert await answers("1.1")
    await ada.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": "production"})

    await until(lambda: answers("1.0"), what="1.0 at the other gateway")
    assert await answers("1.0")


async def train_again(studio: World, user: User, model_id: str) -> None:
    job_id = await user.train(model_id)
    await studio.training.complete(job_id)
    await user.job_is(job_id, "COMPLETED")
