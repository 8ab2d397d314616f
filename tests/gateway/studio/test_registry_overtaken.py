"""A name and the stages of its models, where one that acts by what it has read is overtaken by another: they say the same in the end."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import pytest

from libs.contracts.envelope import now
from libs.contracts.gateway import ModelStaged, Stage, VersionStage
from libs.contracts.registry import RegistryChanged
from libs.contracts.training import MARKET
from services.gateway.domain.models.model import Model
from services.gateway.domain.registry.errors import NameNotFoundError, PromotionRefusedError
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import Status
from services.gateway.domain.work import Work
from services.gateway.registering import RegistryParts
from services.gateway.usecases.registry.change_name import change_name, told
from services.gateway.usecases.registry.register_version import NewVersion
from tests.gateway.studio.registering import promote, registered, stages, statuses, trained
from tests.gateway.studio.test_changing_at_once import Overtaken
from tests.gateway.studio.test_recovering import Store, caller_of
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Names:
    """The names' store, where something else happens before the first write, or which is gone once it was read so often."""

    def __init__(self, names: Registry, meanwhile: Callable[[], Awaitable[object]] | None = None, *, reads: int = 100) -> None:
        self._names = names
        self.meanwhile = meanwhile
        self.reads = reads

    async def get(self, name: str, *, account_id: str) -> RegisteredName:
        self.reads -= 1
        if self.reads < 0:
            raise NameNotFoundError(name, known=())
        return await self._names.get(name, account_id=account_id)

    async def of_model(self, model_id: str) -> RegisteredName | None:
        return await self._names.of_model(model_id)

    async def add(self, name: RegisteredName, event: RegistryChanged, *, most: int) -> None:
        await self._before()
        await self._names.add(name, event, most=most)

    async def save(self, name: RegisteredName, event: RegistryChanged) -> None:
        await self._before()
        await self._names.save(name, event)

    async def _before(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile()


def registry_of(studio: World) -> RegistryParts:
    return studio.gateway.platform.registry


async def give(studio: World, user: User, model_id: str, stage: Stage, *, version: str = "1.0") -> None:
    """Give a stage as a promotion does before it writes the name."""
    move = registry_of(studio).use.promote.move
    await move.stage(model_id, version, caller=caller_of(user), stage=stage, aliases=None)


async def later() -> datetime:
    """Return a moment of a later millisecond than what was done before it, and an earlier one than what is done after it."""
    begun = now()

    async def passed() -> bool:
        return now().timestamp() * 1000 >= begun.timestamp() * 1000 + 2

    await until(passed, what="a later millisecond")
    return now()


async def test_a_version_that_is_in_production_already_is_registered_so_in_one_write(studio: World, ada: User) -> None:
    one, other = await trained(studio, ada), await trained(studio, ada)
    await registered(ada, "at-once", one)
    await promote(ada, "at-once", 1)
    await ada.call("PATCH", f"/models/{other}/versions/1.0/", {"stage": "production"})

    made = await registered(ada, "at-once", other)

    changes = [RegistryChanged.model_validate_json(each["body"]) for each in studio.broker.events if each["topic"] == RegistryChanged.topic]
    own = [each for each in changes if (each.account_id, each.name) == (ada.account_id, "at-once")]
    assert (made["version"], made["status"]) == (2, "production")
    assert await statuses(ada, "at-once") == ["archived", "production"]
    assert (await stages(ada, one), await stages(ada, other)) == (["none"], ["production"])
    assert [each.production for each in own if any(version.number == 2 for version in each.changed)] == [2]


@pytest.mark.parametrize("dies", [False, True])
async def test_a_stage_that_was_taken_back_before_its_name_was_written_is_given_again(studio: World, ada: User, dies: bool) -> None:
    model_id = await trained(studio, ada)
    await registered(ada, "slow", model_id)
    registry = registry_of(studio)
    move = registry.use.promote.move
    earlier = await registry.names.get("slow", account_id=ada.account_id)
    await give(studio, ada, model_id, Stage.PRODUCTION)
    told_at = await later()

    _, promoted = await change_name(
        registry.names, "slow", lambda name: name.moved(1, Status.PRODUCTION, at=now()), account_id=ada.account_id
    )
    event = told(promoted, before=earlier)
    await registry.ungated.settle(event)
    # Whoever has read the name before acts only now.
    slow = replace(move, registry=Names(registry.names, reads=0 if dies else 100))
    if dies:
        with pytest.raises(NameNotFoundError):
            await slow.settle(earlier, touched={model_id}, told_at=told_at)
        await registry.ungated.settle(event)
    else:
        await slow.settle(earlier, touched={model_id}, told_at=told_at)

    assert (await statuses(ada, "slow"), await stages(ada, model_id)) == (["production"], ["production"])


async def test_a_promotion_that_begins_while_a_name_is_followed_is_not_displaced(studio: World, ada: User) -> None:
    model_id = await trained(studio, ada)
    await trained(studio, ada, model_id=model_id)
    await registered(ada, "twice", model_id, model_version="1.0")
    await registered(ada, "twice", model_id, model_version="1.1")
    await promote(ada, "twice", 1)
    await give(studio, ada, model_id, Stage.NONE)
    registry = registry_of(studio)
    told_at = await later()

    stage = registry.use.promote.move.stage
    models = Overtaken(stage.models, lambda: give(studio, ada, model_id, Stage.PRODUCTION, version="1.1"))
    follows = replace(stage, models=models)  # type: ignore[arg-type]  # as much of the port as is asked
    name = await registry.names.get("twice", account_id=ada.account_id)
    await replace(registry.use.promote.move, stage=follows).settle(name, touched={model_id}, told_at=told_at)

    assert await stages(ada, model_id) == ["none", "production"]


async def test_a_stage_that_is_given_while_its_version_is_registered_is_its_status(studio: World, ada: User) -> None:
    one, other = await trained(studio, ada), await trained(studio, ada)
    registry = registry_of(studio)

    async def register(model_id: str, stage: Stage) -> str:
        names = Names(registry.names, lambda: give(studio, ada, model_id, stage))
        use = replace(registry.use.register, registry=names)
        _, version = await use("meanwhile-staged", NewVersion(model_id), caller=caller_of(ada), work=Work())
        return version.status.value

    told_first = await register(one, Stage.STAGING)
    told_second = await register(other, Stage.PRODUCTION)
    assert (told_first, told_second) == ("staging", "production")
    assert await statuses(ada, "meanwhile-staged") == ["staging", "production"]
    assert (await stages(ada, one), await stages(ada, other)) == (["staging"], ["production"])


class PutAway(Store):
    """The models' store, whose first answer is from before a model was taken into use again."""

    async def get(self, model_id: str, *, account_id: str | None, kind: str | None = MARKET) -> Model:
        model = await super().get(model_id, account_id=account_id, kind=kind)
        return replace(model, is_archived=self.reads == 1)


async def test_a_stage_that_is_told_late_does_not_undo_the_promotion_that_came_after_it(studio: World, ada: User) -> None:
    model_id = await trained(studio, ada)
    await registered(ada, "told-late", model_id)
    await give(studio, ada, model_id, Stage.STAGING)
    given = (VersionStage(version="1.0", stage=Stage.STAGING, aliases=()),)
    staged = ModelStaged(sequence=9, model_id=model_id, account_id=ada.account_id, serving="1.0", versions=given, followed=True)
    await later()

    names = Names(registry_of(studio).names, lambda: promote(ada, "told-late", 1))
    await replace(registry_of(studio).ungated, registry=names).catch_up(staged)  # type: ignore[arg-type]  # as much of the port as is asked

    assert names.meanwhile is None
    assert (await statuses(ada, "told-late"), await stages(ada, model_id)) == (["production"], ["production"])


async def test_a_model_that_was_put_away_and_is_promoted_again_stays_in_production(studio: World, ada: User) -> None:
    model_id = await trained(studio, ada)
    await registered(ada, "again", model_id)
    await promote(ada, "again", 1, "staging")

    registry = registry_of(studio)
    names, models = Names(registry.names, lambda: promote(ada, "again", 1)), PutAway(registry.stage.models)
    await replace(registry.ungated, registry=names, models=models).hear(model_id)  # type: ignore[arg-type]  # as much of the port as is asked

    assert names.meanwhile is None
    assert (await statuses(ada, "again"), await stages(ada, model_id)) == (["production"], ["production"])


async def test_what_is_registered_of_a_model_is_archived_with_it_and_stays_so_when_it_is_taken_back(studio: World, ada: User) -> None:
    model_id = await trained(studio, ada)
    await registered(ada, "put-away", model_id)
    await promote(ada, "put-away", 1)

    await ada.call("POST", f"/models/{model_id}/archive/")
    away = await statuses(ada, "put-away")
    await ada.call("POST", f"/models/{model_id}/restore/")

    assert away == await statuses(ada, "put-away") == ["archived"]
    assert await stages(ada, model_id) == ["none"]


async def test_a_model_that_is_put_away_while_it_is_promoted_is_not_in_production(studio: World, ada: User) -> None:
    model_id = await trained(studio, ada)
    await registered(ada, "overtaken", model_id)
    use = registry_of(studio).use.promote

    names = Names(use.registry, lambda: ada.call("POST", f"/models/{model_id}/archive/"))
    await replace(use, move=replace(use.move, registry=names))("overtaken", 1, Status.PRODUCTION, caller=caller_of(ada))

    async def archived() -> bool:
        return await statuses(ada, "overtaken") == ["archived"]

    assert names.meanwhile is None
    await until(archived, what="the name of which nothing can serve")


async def test_a_gate_is_asked_of_a_model_that_is_registered_while_it_is_promoted(studio: World, ada: User) -> None:
    good, bad = await trained(studio, ada, accuracy=0.6), await trained(studio, ada, accuracy=0.5)
    await registered(ada, "gated-meanwhile", good)
    await ada.http.put(
        "/v1/ai/registry/gated-meanwhile/gate", json={"rules": [{"metric": "accuracy", "op": ">=", "value": 0.55}], "approval": "none"}
    )
    await promote(ada, "gated-meanwhile", 1)
    stage = registry_of(studio).stage

    models = Overtaken(stage.models, lambda: registered(ada, "gated-meanwhile", bad))
    with pytest.raises(PromotionRefusedError):
        await replace(stage, models=models)(bad, "1.0", caller=caller_of(ada), stage=Stage.PRODUCTION, aliases=None)  # type: ignore[arg-type]  # as much of the port as is asked

    assert models.meanwhile is None
    assert await statuses(ada, "gated-meanwhile") == ["production", "registered"]
    assert (await stages(ada, good), await stages(ada, bad)) == (["production"], ["none"])
