"""Environments and agents by the command: made, trained with its steps shown, let loose, with pictures saved."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from services.gateway.serving import serving
from tests.client import forks
from tests.client.command import Command, Done
from tests.gateway.agents.coach import Coach
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
Types = Callable[..., Awaitable[Done]]


@pytest_asyncio.fixture(loop_scope="session")
async def types(studio: World, ada: User, tmp_path: Path) -> AsyncIterator[Types]:
    """Run the command as Ada."""
    async with serving(studio.gateway.app, listening()) as address:
        environment = Command(address, tmp_path).environment({"MODELBOURSE_URL": address, "MODELBOURSE_TOKEN": token(ada)})

        async def run(*arguments: str) -> Done:
            return Done(*await asyncio.to_thread(forks.run, ("engine", *arguments), environment=environment, stdin=""))

        yield run


async def test_an_agent_is_trained_and_let_loose_by_the_command(studio: World, ada: User, types: Types, tmp_path: Path) -> None:
    coach, folder = Coach(studio, ada), tmp_path / "pictures"
    asked = ("--name", "Apple", "--type", "stock_trading", "--symbol", "AAPL", "--param", "reward_function=sharpe_ratio")
    made = await types("envs", "create", *asked, "--json")
    environment_id = json.loads(made.out)["id"]
    learning = asyncio.create_task(types("agents", "train", environment_id, "--timesteps", "20000", "--plots", str(folder)))
    job_id = (await coach.job_of(environment_id))["job_id"]
    await coach.complete(job_id, coach.learnt())
    trained = await learning
    agent_id = (await coach.get(f"/{environment_id}/agents"))["agents"][0]["id"]
    started = await types("agents", "run", environment_id, agent_id, "--episodes", "2", "--detach", "--json")
    run_id = json.loads(started.out)["run_id"]
    await coach.complete(run_id.replace("run_", "job_"), coach.played())
    played = await types("agents", "result", environment_id, agent_id, run_id, "--plots", str(folder))
    shown = [await types(*words) for words in (("envs", "show", environment_id), ("envs", "list"), ("agents", "list", "Apple"))]
    refused = await types("agents", "train", environment_id, "--type", "sac")
    unknown = await types("envs", "show", "Aple")

    assert made.status == 0, made.err
    assert (trained.status, "one, which says little" in trained.out, "buy and hold" in trained.out) == (0, True, True), trained.err
    assert (played.status, "mean reward" in played.out, "buy and hold" in played.out) == (0, True, True), played.err
    assert sorted(path.name for path in folder.iterdir()) == ["equity.png", "learning.png"]
    assert [done.status for done in shown] == [0, 0, 0]
    assert ("sharpe_ratio" in shown[0].out, "Apple" in shown[1].out, "ready" in shown[2].out) == (True, True, True)
    assert (unknown.status, "Apple" in unknown.err, "modelbourse engine envs list" in unknown.err) == (1, True, True)
    assert (refused.status, "ppo, a2c, dqn can" in refused.err) == (1, True)
