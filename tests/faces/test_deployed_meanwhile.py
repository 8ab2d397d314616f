"""Two versions of a model that are deployed at once: the place and the model's stages say the same in the end."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from libs.contracts.deployments import ModelDeployed
from services.gateway.domain.accounts.account import Role
from services.gateway.domain.deployments.deployment import Place
from services.gateway.domain.deployments.ports import Deployments
from services.gateway.usecases.deployments.deploy_model import DeployWish
from tests.faces.tasks import TRAININGS, network, told, trained
from tests.gateway.studio.registering import stages
from tests.gateway.studio.test_recovering import caller_of
from tests.gateway.studio.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Overtaken:
    """The deployments' store, where something else happens after the first write."""

    def __init__(self, places: Deployments, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._places = places
        self.meanwhile: Callable[[], Awaitable[object]] | None = meanwhile

    async def get(self, symbol: str, timeframe: str) -> Place:
        return await self._places.get(symbol, timeframe)

    async def save(self, place: Place, event: ModelDeployed) -> None:
        await self._places.save(place, event)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile()


async def test_what_is_deployed_while_another_is_goes_on_answering_in_its_model(studio: World) -> None:
    admin = await studio.user(role=Role.ADMIN)
    first = (await trained(studio, admin, symbol="NVDA", timeframe="1d"))["task_id"]
    jobs, use = studio.gateway.platform.job_parts.jobs, studio.gateway.trading.tasking.use_cases[1]
    job = await jobs.get(first, account_id=admin.account_id)
    second = await admin.train(str(job.model_id))
    await studio.training.complete(second, result=network(accuracy=0.7))
    await admin.job_is(second, "COMPLETED")

    async def overtakes() -> None:
        told(await admin.http.post(f"{TRAININGS}/{second}/deploy"))

    places = Overtaken(use.deployments, overtakes)
    await replace(use.deploy, deployments=places)(job, DeployWish(), by=caller_of(admin))  # type: ignore[arg-type]  # as much of the port as is asked

    active = (await use.deployments.get("NVDA", "1d")).active
    assert active is not None
    assert (active.job_id, places.meanwhile) == (second, None)
    assert (await stages(admin, active.model_id))[int(active.version[-1])] == "production"
