"""Environments and agents: each look-up is by an index, however many others there are."""

from functools import partial

import pytest

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.agents import AgentSpec
from libs.contracts.envelope import now
from libs.contracts.environments import TradingEnvironment
from services.gateway.domain.environments.environment import Agent, AgentStatus, Environment, EnvironmentStatus
from services.gateway.domain.environments.errors import TooManyEnvironmentsError
from services.gateway.outbound.environments.agents_mongo import AgentsMongo
from services.gateway.outbound.environments.environments_mongo import EnvironmentsMongo
from tests.queries.profiled import SPARE, earlier, multiply, numbered, profiled, walked

SPEC = TradingEnvironment(symbols=("AAPL",))
OWN = 100


def an_environment(environment_id: str) -> Environment:
    at = now()
    return Environment(id=environment_id, account_id="account", name="E", spec=SPEC, dataset_ids=(), created_at=at, updated_at=at)


def an_agent(agent_id: str) -> Agent:
    at, spec = now(), AgentSpec(agent_id=agent_id, environment_id="env", environment=SPEC)
    about = {"account_id": "account", "environment_id": "env", "job_id": f"job of {agent_id}", "name": "A"}
    return Agent(id=agent_id, spec=spec, created_at=at, updated_at=at, **about)


async def test_environments(database: Database, many: int) -> None:
    environments = EnvironmentsMongo(database["environments"])
    await environments.prepare()
    await environments.add(an_environment("env"), most=OWN)
    await multiply(database["environments"], "env", by=OWN, created_at=earlier("created_at"))
    await multiply(database["environments"], "env_1", by=many, created_at=earlier("created_at"), account_id=numbered("a"))

    async with profiled(database) as took:
        for status in (None, EnvironmentStatus.CREATED):
            assert await walked(partial(environments.find, "account", status=status))
        assert (await environments.get("env", account_id="account")).name == "E"
        with pytest.raises(TooManyEnvironmentsError):
            await environments.add(an_environment("other"), most=OWN)
        assert (await environments.add(an_environment("env"), most=OWN)).id == "env"
        await environments.activate("env", at=now())
        await environments.delete("env", account_id="account")
        await environments.forget("a1")
    assert took.problems(reads=SPARE + OWN) == []


async def test_agents(database: Database, many: int) -> None:
    agents = AgentsMongo(database["agents"])
    await agents.prepare()
    await agents.keep(an_agent("agent"))
    places = {"created_at": earlier("created_at"), "job_id": numbered("j")}
    await multiply(database["agents"], "agent", by=OWN, **places)
    await multiply(database["agents"], "agent_1", by=many, **places, account_id=numbered("a", of=many // 20), environment_id=numbered("e"))

    async with profiled(database) as took:
        for environment_id in (None, "env"):
            assert await walked(partial(agents.find, "account", environment_id=environment_id))
        for statuses in (list(AgentStatus), [AgentStatus.FAILED, AgentStatus.CANCELLED]):
            await agents.find_oldest("account", Part(20), statuses=statuses)
        assert await agents.count("env", account_id="account") == OWN + 1
        await agents.end("job of agent", AgentStatus.FAILED, reason="so", at=now())
        assert (await agents.get("agent", account_id="account", environment_id="env")).reason == "so"
        assert (await agents.get("agent", account_id="account", environment_id=None)).reason == "so"
        await agents.delete("agent", account_id="account", at=now())
        await agents.keep(an_agent("agent"))
        assert len(await agents.delete_all("env", account_id="account", at=now())) == OWN
        assert (await agents.find("account", Part(20), environment_id="env")).count == 0
        await agents.forget("a1")
    assert took.problems(reads=SPARE + OWN) == []
