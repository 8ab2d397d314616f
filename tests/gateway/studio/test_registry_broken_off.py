"""What a gateway that died has left half done between a name and the stages of its models is done by the event."""

from dataclasses import replace
from datetime import datetime

import pytest

from libs.contracts.envelope import now
from libs.contracts.gateway import Stage
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.models.model import Model
from services.gateway.domain.registry.version import Status
from services.gateway.usecases.registry.change_name import change_name, told
from tests.gateway.studio.registering import promote, registered, stages, statuses, trained
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Forgetful:
    """Hears of a stage, and dies before the registry does."""

    async def check(self, model: Model, version: str, *, by: str | None = None) -> None:
        """Refuse nothing."""

    async def follow(self, model: Model, version: str, *, by: str | None = None) -> None:
        """Do nothing."""


async def test_a_stage_that_another_face_gave_and_no_more_is_followed_by_the_name(studio: World, ada: User) -> None:
    one, other = await trained(studio, ada), await trained(studio, ada)
    await registered(ada, "late", one)
    await registered(ada, "late", other)
    await promote(ada, "late", 1)
    registry = studio.gateway.platform.registry
    owner = Caller(ada.account_id, "ada", Role.USER, Tier.ELITE, scopes_of(Role.USER), credential="session")

    broken_off = replace(registry.stage, promotions=Forgetful())
    await broken_off(other, "1.0", caller=owner, stage=Stage.PRODUCTION, aliases=None)

    async def followed() -> bool:
        return await statuses(ada, "late") == ["archived", "production"] and await stages(ada, one) == ["none"]

    await until(followed, what="the name that follows the stage")


async def test_a_stage_that_a_promotion_under_way_has_given_is_not_taken_back_by_what_was_told_before(studio: World, ada: User) -> None:
    model_id = await trained(studio, ada)
    await registered(ada, "meanwhile", model_id)
    registry = studio.gateway.platform.registry
    name = await registry.names.get("meanwhile", account_id=ada.account_id)
    earlier = told(name, before=None)

    await until(lambda: passed(earlier.occurred_at), what="a later millisecond")
    owner = Caller(ada.account_id, "ada", Role.USER, Tier.ELITE, scopes_of(Role.USER), credential="session")
    await registry.use.promote.move.stage(model_id, "1.0", caller=owner, stage=Stage.PRODUCTION, aliases=None)
    await registry.ungated.settle(earlier)

    assert await stages(ada, model_id) == ["production"]
    await registry.ungated.settle(earlier.model_copy(update={"occurred_at": now()}))
    assert await stages(ada, model_id) == ["none"]


async def passed(moment: datetime) -> bool:
    return now() > moment


async def test_a_name_that_was_written_and_no_more_is_what_serves_in_every_face(studio: World, ada: User) -> None:
    one, other = await trained(studio, ada), await trained(studio, ada)
    await registered(ada, "half", one)
    await registered(ada, "half", other)
    await promote(ada, "half", 1)

    names = studio.gateway.platform.registry.names
    await change_name(names, "half", lambda name: name.moved(2, Status.PRODUCTION, at=now()), account_id=ada.account_id)

    async def serves() -> bool:
        return (await stages(ada, one), await stages(ada, other)) == (["none"], ["production"])

    await until(serves, what="the version that the name says in production")
