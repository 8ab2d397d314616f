"""Agents in MongoDB, a document each; of a deleted one a trace is left for a week, so that no late event brings it back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.contracts.agents import AgentResult, AgentSpec
from services.gateway.domain.environments.environment import Agent, AgentStatus
from services.gateway.domain.environments.errors import AgentNotFoundError
from services.gateway.outbound.outage import store_outages

NEWEST_FIRST: Final = (("created_at", DESCENDING), ("_id", DESCENDING))
OLDEST_FIRST: Final = (("created_at", ASCENDING), ("_id", ASCENDING))
TRACE_LIFE: Final = timedelta(days=7)
HERE: Final[dict[str, Any]] = {"gone_at": None}
# What a list shows of no agent.
LONG: Final = {"result.evaluations": 0, "spec.own": 0}


class AgentsMongo:
    """Implements the port Agents."""

    def __init__(self, collection: Collection) -> None:
        self._agents = collection

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen in (("gone_at",), ("environment_id", "gone_at"), ("status", "gone_at")):
            await self._agents.create_index([*((name, ASCENDING) for name in ("account_id", *chosen)), *NEWEST_FIRST])
        await self._agents.create_index("job_id", sparse=True)
        await self._agents.create_index("gone_at", name="gone_at", expireAfterSeconds=int(TRACE_LIFE.total_seconds()))

    async def get(self, agent_id: str, *, account_id: str, environment_id: str | None) -> Agent:
        """Return an agent of this account (of its environment, where one is said). Raise AgentNotFoundError."""
        wanted = {"_id": agent_id, "account_id": account_id} | _of(environment_id) | HERE
        with store_outages():
            document = await self._agents.find_one(wanted)
        if document is None:
            raise AgentNotFoundError(agent_id)
        return _agent_of(document)

    async def find(self, account_id: str, part: Part, *, environment_id: str | None) -> Page[Agent]:
        """Return a part of an account's agents (of an environment, where one is said), the newest first, without what is long."""
        query = {"account_id": account_id} | _of(environment_id) | HERE
        with store_outages():
            return await read_part(self._agents, query, part, order=NEWEST_FIRST, read=_agent_of, shown=LONG)

    async def find_oldest(self, account_id: str, part: Part, *, statuses: Sequence[AgentStatus]) -> Page[Agent]:
        """Return a part of an account's agents in these statuses, the oldest first, without what is long."""
        query = {"account_id": account_id, "status": {"$in": [each.value for each in statuses]}} | HERE
        with store_outages():
            return await read_part(self._agents, query, part, order=OLDEST_FIRST, read=_agent_of, shown=LONG)

    async def count(self, environment_id: str, *, account_id: str) -> int:
        """Return how many agents an environment has."""
        with store_outages():
            return int(await self._agents.count_documents({"account_id": account_id, "environment_id": environment_id} | HERE))

    async def keep(self, agent: Agent) -> None:
        """Keep an agent whose training was accepted; one that is known, or was deleted, stays as it is."""
        with store_outages():
            await self._agents.update_one({"_id": agent.id}, {"$setOnInsert": _to_document(agent)}, upsert=True)

    async def succeed(self, agent: Agent, result: AgentResult, *, at: datetime) -> None:
        """Make an agent ready, also one that was not heard of yet; a deleted one stays so."""
        made = {"status": AgentStatus.READY.value, "result": result.model_dump(mode="json"), "reason": None, "updated_at": at}
        first = {name: value for name, value in _to_document(agent).items() if name not in {*made, "_id", "gone_at"}}
        with store_outages():
            try:
                await self._agents.update_one({"_id": agent.id} | HERE, {"$set": made, "$setOnInsert": first}, upsert=True)
            except DuplicateKeyError:
                return  # Deleted meanwhile.

    async def end(self, job_id: str, status: AgentStatus, *, reason: str, at: datetime) -> None:
        """Note that a training has ended without an agent; a ready one stays so."""
        training = {"job_id": job_id, "status": AgentStatus.TRAINING.value} | HERE
        with store_outages():
            await self._agents.update_one(training, {"$set": {"status": status.value, "reason": reason, "updated_at": at}})

    async def delete(self, agent_id: str, *, account_id: str, at: datetime) -> None:
        """Take an agent away; no late event brings it back."""
        with store_outages():
            await self._agents.replace_one({"_id": agent_id, "account_id": account_id} | HERE, {"account_id": account_id, "gone_at": at})

    async def delete_all(self, environment_id: str, *, account_id: str, at: datetime) -> Sequence[str]:
        """Take all agents of an environment away, and return their ids."""
        there = {"account_id": account_id, "environment_id": environment_id} | HERE
        with store_outages():
            found = [document["_id"] async for document in self._agents.find(there, {"_id": 1})]
            for agent_id in found:
                await self.delete(agent_id, account_id=account_id, at=at)
        return found

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""
        with store_outages():
            await self._agents.delete_many({"account_id": account_id})


def _of(environment_id: str | None) -> dict[str, Any]:
    return {"environment_id": environment_id} if environment_id else {}


def _to_document(agent: Agent) -> dict[str, Any]:
    return {
        "_id": agent.id,
        "account_id": agent.account_id,
        "environment_id": agent.environment_id,
        "job_id": agent.job_id,
        "name": agent.name,
        "status": agent.status.value,
        "spec": agent.spec.model_dump(mode="json"),
        "result": agent.result.model_dump(mode="json") if agent.result else None,
        "reason": agent.reason,
        "created_at": agent.created_at,
        "updated_at": agent.updated_at,
        "gone_at": None,
    }


def _agent_of(document: dict[str, Any]) -> Agent:
    result = document["result"]
    return Agent(
        id=document["_id"],
        account_id=document["account_id"],
        environment_id=document["environment_id"],
        job_id=document["job_id"],
        name=document["name"],
        status=AgentStatus(document["status"]),
        # What only a later release knows of it changes nothing here.
        spec=AgentSpec.model_validate(document["spec"], extra="ignore"),
        result=AgentResult.model_validate(result) if result else None,
        reason=document["reason"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
    )
