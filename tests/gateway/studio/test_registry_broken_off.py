"""What a gateway that died has left half done between the registry and the stages of models is done by the events."""

import pytest

from libs.contracts.envelope import now
from libs.contracts.gateway import Stage
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.registry.version import Status
from services.gateway.usecases.registry.change_name import change_name
from tests.gateway.studio.test_registry import promote, registered, stages, statuses, trained
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_a_stage_that_was_given_and_no_more_makes_way_for_what_the_name_says(studio: World, ada: User) -> None:
    one, other = await trained(studio, ada), await trained(studio, ada)
    await registered(ada, "early", one)
    await registered(ada, "early", other)
    await promote(ada, "early", 1)
    account = await studio.gateway.stores.accounts.get(ada.account_id)

    stage = studio.gateway.platform.registry.use.promote.move.stage
    owner = Caller(account.id, account.username, account.role, account.tier, scopes_of(account.role), credential="story")
    await stage(other, "1.0", caller=owner, stage=Stage.PRODUCTION, aliases=None)

    async def makes_way() -> bool:
        return (await stages(ada, one), await stages(ada, other)) == (["production"], ["none"])

    await until(makes_way, what="the version that the name says in production")
    assert await statuses(ada, "early") == ["production", "registered"]
