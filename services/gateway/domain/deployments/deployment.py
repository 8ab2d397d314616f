"""Deployments: of each symbol and timeframe one version of a model answers for the whole platform, at most; what was before is archived."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

# So many archived ones are kept of a place, the newest.
ARCHIVED_MOST: Final = 50


class DeploymentState(StrEnum):
    """How a deployment stands."""

    ACTIVE = "active"
    STANDBY = "standby"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A version of a model that an admin has chosen to answer. `accuracy` is the version's, out of sample.

    `deployed_by` is the admin's account; None when that was erased. `previous_model` and `previous_accuracy` are of the one that answered
    before, `previous_id` names its deployment; None where there was none. What stands by has not answered yet.
    """

    id: str
    job_id: str
    model_id: str
    account_id: str
    version: str
    artifact: str
    version_made_at: datetime
    name: str
    accuracy: float | None
    deployed_at: datetime
    deployed_by: str | None
    notes: str = ""
    state: DeploymentState = DeploymentState.STANDBY
    previous_id: str | None = None
    previous_model: str | None = None
    previous_accuracy: float | None = None
    archived_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether it answers."""
        return self.state is DeploymentState.ACTIVE


@dataclass(frozen=True, slots=True)
class Place:
    """What is deployed for a symbol and a timeframe, in the order in which it was. `version` guards against lost updates."""

    symbol: str
    timeframe: str
    deployments: tuple[Deployment, ...] = ()
    sequence: int = 0
    version: int = 0

    @property
    def key(self) -> str:
        """Its name: `BTC-USD 15m`."""
        return f"{self.symbol} {self.timeframe}"

    @property
    def active(self) -> Deployment | None:
        """The one that answers; None where none does."""
        return next((each for each in self.deployments if each.is_active), None)

    def of_job(self, job_id: str) -> Deployment | None:
        """Return the deployment of what a training has made, unless it is archived; None without one."""
        return next((each for each in self.deployments if each.job_id == job_id and each.state is not DeploymentState.ARCHIVED), None)

    def replaced_by(self, deployment: Deployment) -> Deployment | None:
        """Return the one that answered before another; None without one, or when it is known no more."""
        return next((each for each in self.deployments if each.id == deployment.previous_id), None)

    def deployed(self, new: Deployment, *, activate: bool) -> "Place":
        """Return the place with a version that answers from now on, or that stands by; the same version twice is once.

        Whatever answered before is archived, and so is what stood by.
        """
        known = self.of_job(new.job_id)
        if known is not None and (known.is_active or not activate):
            return self
        before = self.active
        gone = {DeploymentState.STANDBY, DeploymentState.ACTIVE} if activate else {DeploymentState.STANDBY}
        others = [
            replace(each, state=DeploymentState.ARCHIVED, archived_at=new.deployed_at) if each.state in gone else each
            for each in self.deployments
            if each is not known
        ]
        chosen = replace(
            new,
            state=DeploymentState.ACTIVE if activate else DeploymentState.STANDBY,
            previous_id=before.id if before else None,
            previous_model=before.name if before else None,
            previous_accuracy=before.accuracy if before else None,
        )
        archived = [each for each in others if each.state is DeploymentState.ARCHIVED]
        kept = [each for each in others if each not in archived[:-ARCHIVED_MOST]]
        return replace(self, deployments=(*kept, chosen), sequence=self.sequence + 1)
