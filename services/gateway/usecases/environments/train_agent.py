"""What an agent's training and its runs are asked for: specs of jobs, checked by what the environment and the agent are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.chassis.errors import InvalidError
from libs.contracts.agent_hyperparameters import check_agent_hyperparameters
from libs.contracts.agents import ACTS_IN, AGENT_TYPES, AgentRunSpec, AgentSpec, Learned
from libs.contracts.names import did_you_mean
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.environments.environment import Agent, Environment
from services.gateway.domain.environments.errors import AGENTS_MOST, AgentNotReadyError, TooManyAgentsError
from services.gateway.domain.environments.ports import Agents, Environments
from services.gateway.domain.problems import SHOWN, Problems
from services.gateway.domain.work import Work
from services.gateway.usecases.environments.make_environment import AskedData, FindMarket, elsewhere


@dataclass(frozen=True, slots=True)
class DraftAgent:
    """An agent's training, asked for in an environment."""

    environments: Environments
    agents: Agents

    async def __call__(self, environment_id: str, given: Mapping[str, Any], *, caller: Caller, work: Work) -> AgentSpec:
        """Return the spec of the job; `given` is AgentSpec's, but for ids and environment.

        Raise EnvironmentNotFoundError, TooManyAgentsError, or InvalidError that names the fields.
        """
        environment = await self.environments.get(environment_id, account_id=caller.account_id)
        if await self.agents.count(environment_id, account_id=caller.account_id) >= AGENTS_MOST:
            raise TooManyAgentsError
        if problems := _agent_problems(given, environment):
            message = " ".join(text for texts in problems.values() for text in texts)
            raise InvalidError(message, details=problems)
        ids = {"agent_id": work.new_id("agent"), "environment_id": environment_id}
        return AgentSpec.model_validate({**given, **ids, "environment": environment.spec})


@dataclass(frozen=True, slots=True)
class DraftRun:
    """An agent that is let loose, on the days that it was evaluated on where none are named: it has learned from no other ones less."""

    agents: Agents
    market: FindMarket

    async def __call__(self, agent: Agent, asked: AskedData | None, given: Mapping[str, Any], *, caller: Caller) -> AgentRunSpec:
        """Return the spec of the job; `given` is AgentRunSpec's episodes, deterministic, render and seed.

        Raise AgentNotReadyError, InvalidError that names the fields, or what FindMarket raises.
        """
        result, spec = agent.result, agent.spec.environment
        if result is None:
            raise AgentNotReadyError(agent.id, state=agent.status.value)
        if asked is None:
            days = {"start_date": result.evaluation.start.date(), "end_date": result.evaluation.end.date()}
            played = spec.model_copy(update=days)
        else:
            symbols = () if asked.dataset_ids else spec.symbols
            found = await self.market(asked, account_id=caller.account_id, symbols=symbols, timeframe=spec.timeframe)
            played = elsewhere(spec, found)
            await self.market.check(played, account_id=caller.account_id, learns=False)
        learned = Learned(symbols=spec.symbols, start=result.training.start, end=result.training.end)
        about = {"agent_id": agent.id, "environment_id": agent.environment_id, "agent_type": agent.spec.agent_type}
        files = {"policy": result.policy, "manifest": result.manifest}
        return AgentRunSpec.model_validate({**given, **about, **files, "environment": played, "learned": learned})


def _agent_problems(given: Mapping[str, Any], environment: Environment) -> Problems:
    agent_type = given["agent_type"]
    if agent_type not in AGENT_TYPES:
        hint = did_you_mean(agent_type, AGENT_TYPES) or f" Known: {', '.join(AGENT_TYPES)}."
        return {"agent_type": [f"Unknown type of agent '{agent_type[:SHOWN]}'.{hint}"]}
    problems: Problems = {}
    if (space := environment.spec.action_space) not in ACTS_IN[agent_type]:
        fitting = ", ".join(each for each in AGENT_TYPES if space in ACTS_IN[each])
        problems["agent_type"] = [f"{agent_type} cannot act in the {space} action space of {environment.id}; {fitting} can."]
    if wrong := check_agent_hyperparameters(agent_type, given.get("hyperparameters", {})):
        problems["hyperparameters"] = wrong
    if given.get("eval_freq", 1) > given["total_timesteps"]:
        problems["eval_freq"] = [f"Must be at most total_timesteps, {given['total_timesteps']}."]
    return problems
