"""What deployments need from outside."""

from collections.abc import Collection, Mapping
from typing import Protocol

from libs.contracts.deployments import ModelDeployed
from services.gateway.domain.deployments.deployment import Deployment, Place


class Deployments(Protocol):
    """What is deployed, by place."""

    async def get(self, symbol: str, timeframe: str) -> Place:
        """Return a place, which is empty where nothing was ever deployed. Raise UnavailableError."""

    async def save(self, place: Place, event: ModelDeployed) -> None:
        """Write a place and what tells of it, in one write. Raise PlaceChangedError for a lost race."""

    async def of_jobs(self, job_ids: Collection[str]) -> Mapping[str, Deployment]:
        """Return the newest deployment of what each of these trainings has made, by the training; of those that have any."""

    async def active_jobs(self, account_id: str) -> Collection[str]:
        """Return the trainings of an account whose versions answer now."""

    async def forget(self, account_id: str) -> None:
        """Remove the deployments of an account's models, and who it was where it deployed others'."""
