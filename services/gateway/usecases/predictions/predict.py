"""Ask the serving version of a model for predictions; the gateway's hot path."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from libs.chassis.errors import UnavailableError
from libs.chassis.single_flight import SingleFlight
from libs.contracts.envelope import now
from libs.contracts.inference import Predict as Ask
from libs.market.own import NOTHING, OwnCatalogue
from services.gateway.domain.marketplace.errors import SubscriptionRequiredError
from services.gateway.domain.models.errors import ModelArchivedError, ModelNotFoundError
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.predictions.rows import rows_of
from services.gateway.domain.predictions.servable import FOLLOWING, LAST_KNOWN_LIFE_S, Servable, Servables, servable_of
from services.gateway.domain.services import Inference
from services.gateway.usecases.marketplace.check_entitlement import CheckEntitlement

PATIENCE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Predict:
    """Reads no store while a model is remembered."""

    models: Models
    inference: Inference
    servables: Servables
    entitlements: CheckEntitlement
    synthetic_allowed: bool
    clock: Clock = now
    looking: SingleFlight[Servable] = field(default_factory=SingleFlight)

    async def __call__(
        self, model_id: str, *, account_id: str, symbols: list[str], features: Mapping[str, Any], own: OwnCatalogue = NOTHING
    ) -> bytes:
        """Return the predictions' JSON; `own` are the caller's own candles and live series, which go before others of the same symbol.

        Raise ModelNotFoundError, ModelNotTrainedError, ModelArchivedError, ModelExpiredError, SubscriptionRequiredError, InvalidError
        (features, symbols), AskRefusedError, AskTimeoutError or UnavailableError.
        """
        servable = await self.serving(model_id, account_id=account_id)
        ask = Ask.model_construct(
            model_id=model_id,
            account_id=account_id,
            version=servable.version,
            artifact=servable.artifact,
            symbols=tuple(symbols),
            rows=rows_of(symbols, features, names=servable.features),
            timeframe=servable.timeframe,
            synthetic_allowed=self.may_generate(servable),
            static_data=servable.static_data,
            made_at=servable.made_at,
            own=servable.candles(own).references(symbols, timeframe=servable.timeframe),
            # Those that are left out cost five calls each.
            sent=None,
            interval_level=None,
            wanted_level=None,
        )
        return await self.inference.predict(ask)

    async def serving(self, model_id: str, *, account_id: str) -> Servable:
        """Return the version that answers this account: the one of its own model that serves, or what it has subscribed to.

        No subscriber is answered by a version that was trained on its owner's own candles.

        An archived model answers who has subscribed to it, as that time is paid, and not its owner. One that has expired answers nobody.
        Raise ModelNotFoundError, ModelNotTrainedError, ModelArchivedError, ModelExpiredError, SubscriptionRequiredError or
        UnavailableError.
        """
        servable = await self._answering(model_id, account_id=account_id)
        if servable.expires_at is not None:
            servable.check_lasting(at=self.clock(), own=servable.account_id == account_id)
        return servable

    async def version_of(self, model_id: str, version: str, *, account_id: str) -> Servable:
        """Return a version of the caller's own model, whether it serves or not.

        Raise ModelNotFoundError, VersionNotFoundError, ModelArchivedError, ModelExpiredError or UnavailableError.
        """
        model = await self.models.get(model_id, account_id=account_id)
        if model.is_archived:
            raise ModelArchivedError
        servable = servable_of(model, model.version_named(version))
        servable.check_lasting(at=self.clock(), own=True)
        return servable

    async def _answering(self, model_id: str, *, account_id: str) -> Servable:
        if not self.entitlements.remembers(model_id, account_id=account_id):
            with suppress(ModelNotFoundError):  # It may be somebody else's that is subscribed to.
                return await self._own(model_id, account_id=account_id)
        try:
            entitlement = await self.entitlements(model_id, account_id=account_id)
        except SubscriptionRequiredError:
            with suppress(UnavailableError):
                await self.models.get(model_id, account_id=None)  # To one that was deleted nobody can subscribe again.
            raise
        return await self._known(model_id, account_id=None, version=entitlement.version or FOLLOWING)

    def may_generate(self, servable: Servable) -> bool:
        """Tell whether generated candles may stand in for missing ones: the model says, else the platform."""
        return self.synthetic_allowed if servable.synthetic is None else servable.synthetic == "allow"

    async def _own(self, model_id: str, *, account_id: str) -> Servable:
        servable = self.servables.get(model_id)
        if servable is not None and servable.account_id == account_id and not servable.archived:
            if not self.servables.is_fresh(model_id):
                await self._known(model_id, account_id=account_id)  # It is read ahead of time, and nobody waits for that.
            return servable
        # Whose a model is never changes, so what was known a minute ago will do.
        known = (self.servables.get(model_id, version=version, life_s=LAST_KNOWN_LIFE_S) for version in (None, FOLLOWING))
        remembered = next((each for each in known if each is not None), None)
        if remembered is not None and remembered.account_id != account_id:
            raise ModelNotFoundError(model_id)
        servable = await self._known(model_id, account_id=account_id)
        if servable.account_id != account_id:
            raise ModelNotFoundError(model_id)
        if servable.archived:
            raise ModelArchivedError
        return servable

    async def _known(self, model_id: str, *, account_id: str | None, version: str | None = None) -> Servable:
        generation = self.servables.generation
        read = partial(self._read, model_id, account_id=account_id, version=version, generation=generation)
        key = (model_id, account_id, version, generation)  # Who asks after a change joins no reading from before it.
        servable = self.servables.get(model_id, version=version) or await self._look_up(key, read)
        if not self.servables.is_fresh(model_id, version=version):
            self.looking.begin(key, read)
        return servable

    async def _look_up(self, key: tuple[str, str | None, str | None, int], read: Callable[[], Coroutine[Any, Any, Servable]]) -> Servable:
        """Read the store; while it is away or slow, go on with the version that served last."""
        model_id, _, version, _ = key
        last = self.servables.get(model_id, version=version, life_s=LAST_KNOWN_LIFE_S)
        try:
            async with asyncio.timeout(PATIENCE_S if last else None):
                return await self.looking(key, read)
        except (TimeoutError, UnavailableError):
            if last is None:
                raise
            return last

    async def _read(self, model_id: str, *, account_id: str | None, version: str | None, generation: int) -> Servable:
        model = await self.models.get(model_id, account_id=account_id)
        return self.servables.keep(model, version=version, generation=generation)
