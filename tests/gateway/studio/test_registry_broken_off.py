"""What a gateway that died has left half done between a name and the stages of its models is done by the event."""

import pytest

from libs.contracts.envelope import now
from services.gateway.domain.registry.version import Status
from services.gateway.usecases.registry.change_name import change_name
from tests.gateway.studio.test_registry import promote, registered, stages, trained
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
