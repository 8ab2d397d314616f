"""Register a version of a model under a name."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import JsonValue

from libs.contracts.gateway import Stage
from libs.contracts.ids import new_id
from libs.contracts.training import MARKET, TrainingSpec
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.models.errors import ModelNotTrainedError, ResultNotKeptError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models, Results
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.registry.errors import NameNotFoundError, RegisteredElsewhereError, RegistryChangedError
from services.gateway.domain.registry.history import Note
from services.gateway.domain.registry.metrics import measured
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import STATUSES, Lineage, RegisteredVersion, Status
from services.gateway.domain.work import Work
from services.gateway.usecases.registry.change_name import TRIES, told
from services.gateway.usecases.registry.follow_stages import FollowStages, check_gate, check_promotion
from services.gateway.usecases.registry.keep_refusal import REFUSED, keep_refused_registration

NAMES_MOST: Final = 2000
Written = tuple[RegisteredName | None, RegisteredName]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is to be registered; `model_version` is the newest one that is not archived, where it is None.

    `card` is the run card of what made it, where whoever registers has it; `wanted` is how far it is to come right after: what does not
    pass the gate of production is not registered for it either.
    """

    model_id: str
    model_version: str | None = None
    description: str = ""
    tags: Collection[str] = ()
    reported: Mapping[str, float] | None = None
    metadata: Mapping[str, JsonValue] | None = None
    kind: str = MARKET
    card: Mapping[str, Any] | None = None
    wanted: Status = Status.REGISTERED


@dataclass(frozen=True, slots=True)
class RegisterVersion:
    """The first version makes the name. It starts as registered, unless another face has given it a stage already."""

    registry: Registry
    models: Models
    results: Results
    limits: TierLimits
    follow: FollowStages
    clock: Clock

    async def __call__(self, name: str, new: NewVersion, *, caller: Caller, work: Work) -> tuple[RegisteredName, RegisteredVersion]:
        """Return the name and its new version; the same work twice makes one.

        Raise ModelNotFoundError, ModelNotTrainedError, VersionNotFoundError, ModelArchivedError, RegisteredElsewhereError,
        RegisteredAlreadyError, RegistryFullError, PromotionRefusedError or ApprovalNeededError (it is in production, and may not be),
        SubscriptionRequiredError or LimitReachedError (the tier keeps no more versions), or RegistryChangedError.
        """
        model = await self.models.get(new.model_id, account_id=caller.account_id, kind=new.kind)
        model.check_in_use()
        version = _chosen(model, new.model_version)
        if known := await self._made_by(work, name, model, version):
            return known
        card = await self._run_card(model, version) if new.card is None else new.card
        before, after = await self._write(lambda: self._register(name, model, version, new=new, card=card, caller=caller), name)
        settled = await self.follow.registered(before, after, model, version.name, by=caller.username)
        return settled, settled.numbered(after.newest)

    async def _write(self, register: Callable[[], Awaitable[Written]], name: str) -> Written:
        for _ in range(TRIES):
            with suppress(RegistryChangedError):
                return await register()
        raise RegistryChangedError(name)

    async def _register(
        self, name: str, model: Model, version: ModelVersion, *, new: NewVersion, card: Mapping[str, Any], caller: Caller
    ) -> Written:
        """Return the name before and after, written at once with all that its event tells: None before its first version."""
        at = self.clock()
        there = await self.registry.of_model(model.id)
        if there is not None and there.name != name:
            raise RegisteredElsewhereError(model.id, there.name)
        before = await self._known(name, account_id=caller.account_id)
        found = before or RegisteredName(new_id("registry"), caller.account_id, name, created_at=at, updated_at=at)
        registered = RegisteredVersion(
            number=found.next_number,
            model_id=model.id,
            model_version=version.name,
            created_at=at,
            updated_at=at,
            lineage=_lineage(version, card, parent=found.production.number if found.production else None),
            metrics=measured(version.metrics),
            reported=dict(new.reported or {}),
            description=new.description,
            tags=tuple(dict.fromkeys(new.tags)),
            # What is in production elsewhere is promoted below, as it takes another one's place here.
            status=Status.REGISTERED if version.stage is Stage.PRODUCTION else STATUSES[version.stage],
            kind=new.kind,
            metadata=dict(new.metadata or {}),
        )
        after = found.registered(registered, note=Note(caller.username))
        self._check_room(after, model, caller=caller)
        await self._check_wish(before, after, registered, version.stage, wanted=new.wanted, caller=caller)
        if version.stage is Stage.PRODUCTION:
            after = after.moved(registered.number, Status.PRODUCTION, at=at, note=Note(caller.username))
        event = told(after, before=before)
        if before is None:
            await self.registry.add(after, event, most=NAMES_MOST)
        else:
            await self.registry.save(after, event)
        return before, after

    async def _check_wish(
        self, before: RegisteredName | None, after: RegisteredName, new: RegisteredVersion, stage: Stage, *, wanted: Status, caller: Caller
    ) -> None:
        """Raise PromotionRefusedError or ApprovalNeededError for a version that may not come as far as is wanted; the wish is kept."""
        try:
            if stage is Stage.PRODUCTION:
                check_promotion(after, new, agreed=Scope.ADMIN in caller.scopes, is_new=True)
            elif wanted is Status.PRODUCTION:
                check_gate(after, new, is_new=True)
        except REFUSED as error:
            if before is not None:  # A name that is not there yet has an open gate, which refuses nobody.
                await keep_refused_registration(self.registry, before, new, error, by=caller.username)
            raise

    async def _made_by(self, work: Work, name: str, model: Model, version: ModelVersion) -> tuple[RegisteredName, RegisteredVersion] | None:
        """Return what the same request has made before it was cut off; None where it has not."""
        if work.seed is None or (there := await self.registry.of_model(model.id)) is None or there.name != name:
            return None
        known = there.of_model(model.id, version.name)
        if known is None or known.created_at.timestamp() * 1000 < work.began_ms:
            return None
        return there, known

    async def _known(self, name: str, *, account_id: str) -> RegisteredName | None:
        try:
            return await self.registry.get(name, account_id=account_id)
        except NameNotFoundError:
            return None

    def _check_room(self, name: RegisteredName, model: Model, *, caller: Caller) -> None:
        """Raise LimitReachedError or its kin: registered versions stay when others are trimmed, so there are as many as the tier keeps."""
        relied_on = {each.name for each in model.versions if each.is_relied_on} | name.needed_of(model.id)
        self.limits.check(Limit.VERSIONS, len(relied_on), tier=caller.tier)

    async def _run_card(self, model: Model, version: ModelVersion) -> Mapping[str, Any]:
        serving = model.in_service
        if serving is not None and serving.name == version.name and model.result is not None:
            return model.result.run_card
        try:
            return (await self.results.get(model.id, version)).run_card
        except ResultNotKeptError:
            return {}


def _chosen(model: Model, wanted: str | None) -> ModelVersion:
    """Return the version that is wanted, else the newest that is not archived. Raise ModelNotTrainedError or VersionNotFoundError."""
    if wanted is not None:
        return model.version_named(wanted)
    if not model.versions:
        raise ModelNotTrainedError(model.state)
    return next((each for each in reversed(model.versions) if each.stage is not Stage.ARCHIVED), model.versions[-1])


def _lineage(version: ModelVersion, card: Mapping[str, Any], *, parent: int | None) -> Lineage:
    own = version.spec.own if isinstance(version.spec, TrainingSpec) else ()
    return Lineage(
        job_id=version.job_id,
        artifact=version.artifact,
        trained_at=_whole(version.made_at),
        config_hash=card.get("config_hash"),
        data_hash=card.get("data_hash"),
        release=card.get("release"),
        revision=card.get("revision"),
        libraries=dict(card.get("libraries", {})),
        datasets={each.symbol: (each.dataset_id, each.version) for each in own},
        parent=parent,
    )


def _whole(at: datetime) -> datetime:
    """Return a moment in whole milliseconds, as the store keeps it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
