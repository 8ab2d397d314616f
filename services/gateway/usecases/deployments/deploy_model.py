"""Put what a training has made into production for its symbol and timeframe, for the whole platform."""

from contextlib import suppress
from dataclasses import dataclass

from libs.contracts.deployments import ModelDeployed
from libs.contracts.gateway import Stage
from libs.contracts.ids import new_id
from libs.contracts.training import JobState
from services.gateway.domain.accounts.caller import STRANGER, Caller, scopes_of
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.deployments.deployable import check_accuracy, version_made
from services.gateway.domain.deployments.deployment import Deployment, Place
from services.gateway.domain.deployments.errors import IncompleteTrainingError, NotDeployableError, PlaceChangedError
from services.gateway.domain.deployments.ports import Deployments
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.errors import (
    LastVersionError,
    ModelArchivedError,
    ModelNotFoundError,
    ResultNotKeptError,
    VersionNotFoundError,
)
from services.gateway.domain.models.model import OFFERED, Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.models.version import ModelVersion
from services.gateway.usecases.models.stage_version import StageVersion

TRIES = 5


@dataclass(frozen=True, slots=True)
class DeployWish:
    """How it is to be deployed: whatever its accuracy (`force`), so that it answers now (`activate`), and an admin's `notes`."""

    force: bool = False
    activate: bool = True
    notes: str = ""


@dataclass(frozen=True, slots=True)
class DeployModel:
    """The place is the truth, written with the event that tells of it; stages of versions follow it, also when it is asked for again."""

    models: Models
    accounts: Accounts
    deployments: Deployments
    stage: StageVersion
    clock: Clock
    accuracy_least: float

    async def __call__(self, job: Job, wish: DeployWish, *, by: Caller) -> Deployment:
        """Return the deployment of what the training has made; the same twice is one.

        Raise NotDeployableError or its kin IncompleteTrainingError and LowAccuracyError, ModelArchivedError, PlaceChangedError, or what
        keeps the model's owner from giving its version that stage.
        """
        if job.state is not JobState.SUCCEEDED:
            raise IncompleteTrainingError(job.state)
        try:
            model = await self.models.get(job.model_id or "", account_id=job.account_id)
        except ModelNotFoundError as error:
            message = f"The model that {job.id} has trained was deleted: train another one."
            raise NotDeployableError(message) from error
        version = version_made(model, job_id=job.id)
        owner = await self._owner(job.account_id, by=by)
        if wish.activate:
            # First: what its owner's tier does not allow is not deployed, and what serves is not removed with older versions.
            await self._check(version, job=job, wish=wish)
            await self.stage(model.id, version.name, caller=owner, stage=Stage.PRODUCTION, aliases=None)
        for _ in range(TRIES):
            with suppress(PlaceChangedError):
                place = await self._deploy(job, model, version, wish=wish, by=by)
                if wish.activate:
                    await self._settle(place, by=by)
                deployment = place.of_job(job.id)
                assert deployment is not None  # It was just deployed.
                return deployment
        raise PlaceChangedError(version.market.symbols[0])

    async def _check(self, version: ModelVersion, *, job: Job, wish: DeployWish) -> Place:
        place = await self.deployments.get(version.market.symbols[0], version.market.timeframe)
        known = place.of_job(job.id)
        # What stands by was perhaps forced in; it answers from now on only if it may, or is forced again.
        if not wish.force and (known is None or (wish.activate and not known.is_active)):
            check_accuracy(version, least=self.accuracy_least)
        return place

    async def _deploy(self, job: Job, model: Model, version: ModelVersion, *, wish: DeployWish, by: Caller) -> Place:
        place = await self._check(version, job=job, wish=wish)
        changed = place.deployed(self._new(job, model, version, wish=wish, by=by), activate=wish.activate)
        if changed is not place:
            deployment = changed.of_job(job.id)
            assert deployment is not None  # It was just deployed.
            await self.deployments.save(changed, _told(deployment, changed))
        return changed

    async def _owner(self, account_id: str, *, by: Caller) -> Caller:
        """Return the model's owner, under whose tier its versions are staged."""
        if account_id in {by.account_id, STRANGER.account_id}:
            return by if account_id == by.account_id else STRANGER
        account = await self.accounts.get(account_id)
        return Caller(account.id, account.username, account.role, account.tier, scopes_of(account.role), credential="operator")

    def _new(self, job: Job, model: Model, version: ModelVersion, *, wish: DeployWish, by: Caller) -> Deployment:
        return Deployment(
            id=new_id("deployment"),
            job_id=job.id,
            model_id=model.id,
            account_id=model.account_id,
            version=version.name,
            artifact=version.artifact,
            version_made_at=version.made_at,
            name=model.slug or model.name,
            accuracy=version.metrics.get("accuracy"),
            deployed_at=self.clock(),
            deployed_by=by.account_id,
            notes=wish.notes,
        )

    async def _settle(self, place: Place, *, by: Caller) -> None:
        """Give stages what the place says. Others may deploy there at the same time: whoever has acted looks again at what answers now."""
        acted: list[Deployment] = []
        for _ in range(TRIES):
            active = place.active
            if active is None or active in acted[-1:]:
                return
            # Once more: another version of the same model may have been deployed at the same time, and is not what the place has now.
            owner = await self._owner(active.account_id, by=by)
            await self.stage(active.model_id, active.version, caller=owner, stage=Stage.PRODUCTION, aliases=None)
            before = place.replaced_by(active)
            for each in (*acted, *([before] if before else [])):
                await self._retire(each, active, by=by)
            acted.append(active)
            place = await self.deployments.get(place.symbol, place.timeframe)

    async def _retire(self, before: Deployment, active: Deployment, *, by: Caller) -> None:
        """Archive the version that answered before; its model's only one stays as it is, as its owner goes on using it."""
        if before.model_id == active.model_id:
            return  # Of one model, the version in production has archived the one that was.
        with suppress(ModelNotFoundError, VersionNotFoundError, ModelArchivedError, ResultNotKeptError, LastVersionError):
            model = await self.models.get(before.model_id, account_id=before.account_id)
            if model.listing in OFFERED:
                return  # Others have paid for it, or are about to.
            owner = await self._owner(before.account_id, by=by)
            await self.stage(model.id, before.version, caller=owner, stage=Stage.ARCHIVED, aliases=None)


def _told(deployment: Deployment, place: Place) -> ModelDeployed:
    return ModelDeployed(
        sequence=place.sequence,
        place=place.key,
        model_id=deployment.model_id,
        job_id=deployment.job_id,
        account_id=deployment.account_id,
        deployment_id=deployment.id,
        symbol=place.symbol,
        timeframe=place.timeframe,
        version=deployment.version,
        artifact=deployment.artifact,
        version_made_at=deployment.version_made_at,
        accuracy=deployment.accuracy,
        name=deployment.name,
        deployed_by=deployment.deployed_by or "",
        previous_model=deployment.previous_model,
        is_active=deployment.is_active,
        notes=deployment.notes,
    )
