"""Deployments in MongoDB: one document for each symbol and timeframe, so that of two at once one is first and none is lost."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection as MongoCollection
from libs.chassis.stores.outbox import write_with_events
from libs.contracts.deployments import ModelDeployed
from services.gateway.domain.deployments.deployment import Deployment, DeploymentState, Place
from services.gateway.domain.deployments.errors import PlaceChangedError
from services.gateway.outbound.outage import store_outages

SOURCE: Final = "gateway"


class DeploymentsMongo:
    """Implements the port Deployments. `on_write` is called after every write that has events."""

    def __init__(self, places: MongoCollection, *, on_write: Callable[[], None]) -> None:
        self._places, self._on_write = places, on_write

    async def prepare(self) -> None:
        """Make indexes."""
        for name in ("job_id", "account_id", "deployed_by"):
            await self._places.create_index([(f"deployments.{name}", ASCENDING)])

    async def get(self, symbol: str, timeframe: str) -> Place:
        """Return a place, which is empty where nothing was ever deployed. Raise UnavailableError."""
        empty = Place(symbol, timeframe)
        with store_outages():
            document = await self._places.find_one({"_id": empty.key}, {"pending_events": 0})
        return _place_of(document) if document else empty

    async def save(self, place: Place, event: ModelDeployed) -> None:
        """Write a place and what tells of it, in one write. Raise PlaceChangedError for a lost race."""
        unchanged = {"_id": place.key, "version": place.version}
        try:
            with store_outages():
                written = await write_with_events(
                    self._places, unchanged, {"$set": _to_document(place)}, [event], source=SOURCE, upsert=place.version == 0
                )
        except DuplicateKeyError as error:
            raise PlaceChangedError(place.key) from error
        if not written:
            raise PlaceChangedError(place.key)
        self._on_write()

    async def of_jobs(self, job_ids: Collection[str]) -> Mapping[str, Deployment]:
        """Return the newest deployment of what each of these trainings has made, by the training; of those that have any."""
        wanted = set(job_ids)
        with store_outages():
            found = [each async for each in self._places.find({"deployments.job_id": {"$in": list(wanted)}}, {"pending_events": 0})]
        each_of = [each for document in found for each in _place_of(document).deployments if each.job_id in wanted]
        return {each.job_id: each for each in sorted(each_of, key=lambda each: each.deployed_at)}

    async def active_jobs(self, account_id: str) -> Collection[str]:
        """Return the trainings of an account whose versions answer now."""
        own = {"account_id": account_id, "state": DeploymentState.ACTIVE.value}
        with store_outages():
            found = [each async for each in self._places.find({"deployments": {"$elemMatch": own}}, {"pending_events": 0})]
        active = [place.active for place in map(_place_of, found)]
        return [each.job_id for each in active if each is not None and each.account_id == account_id]

    async def forget(self, account_id: str) -> None:
        """Remove the deployments of an account's models, and who it was where it deployed others'."""
        with store_outages():
            await self._places.update_many(
                {"deployments.account_id": account_id},
                {"$pull": {"deployments": {"account_id": account_id}}, "$inc": {"version": 1}},
            )
            await self._places.update_many(
                {"deployments.deployed_by": account_id},
                {"$set": {"deployments.$[each].deployed_by": None}, "$inc": {"version": 1}},
                array_filters=[{"each.deployed_by": account_id}],
            )


def _to_document(place: Place) -> dict[str, Any]:
    return {
        "symbol": place.symbol,
        "timeframe": place.timeframe,
        "deployments": [
            {name: getattr(each, name) for name in Deployment.__slots__} | {"state": each.state.value} for each in place.deployments
        ],
        "sequence": place.sequence,
        "version": place.version + 1,
    }


def _place_of(document: Mapping[str, Any]) -> Place:
    deployments = tuple(_deployment_of(each) for each in document["deployments"])
    return Place(document["symbol"], document["timeframe"], deployments, document["sequence"], document["version"])


def _deployment_of(document: Mapping[str, Any]) -> Deployment:
    known = {name: document[name] for name in Deployment.__slots__ if name in document}
    return Deployment(**known | {"state": DeploymentState(document["state"])})
