"""Ask the serving version of a model for predictions; the gateway's hot path."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from libs.chassis.errors import UnavailableError
from libs.chassis.single_flight import SingleFlight
from libs.contracts.inference import Predict as Ask
from services.gateway.domain.model_errors import ModelNotFoundError
from services.gateway.domain.rows import rows_of
from services.gateway.domain.servable import LAST_KNOWN_LIFE_S, Servable, Servables
from services.gateway.domain.studio_ports import Models, Others

PATIENCE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Predict:
    """Reads no store while a model is remembered."""

    models: Models
    others: Others
    servables: Servables
    synthetic_allowed: bool
    looking: SingleFlight[Servable] = field(default_factory=SingleFlight)

    async def __call__(self, model_id: str, *, account_id: str, symbols: list[str], features: Mapping[str, Any]) -> bytes:
        """Return the predictions' JSON.

        Raise ModelNotFoundError, ModelNotTrainedError, InvalidError (features, symbols), AskRefusedError, AskTimeoutError or
        UnavailableError.
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
        )
        return await self.others.predict(ask)

    async def serving(self, model_id: str, *, account_id: str) -> Servable:
        """Return the version that answers this account. Raise ModelNotFoundError, ModelNotTrainedError or UnavailableError."""
        servable = self.servables.get(model_id) or await self._look_up(model_id, account_id=account_id)
        if servable.account_id != account_id:
            raise ModelNotFoundError(model_id)
        if not self.servables.is_fresh(model_id):
            self.looking.begin((model_id, account_id), partial(self._read, model_id, account_id=account_id))
        return servable

    def may_generate(self, servable: Servable) -> bool:
        """Tell whether generated candles may stand in for missing ones: the model says, else the platform."""
        return self.synthetic_allowed if servable.synthetic is None else servable.synthetic == "allow"

    async def _look_up(self, model_id: str, *, account_id: str) -> Servable:
        """Read the store; while it is away or slow, go on with the version that served last."""
        last = self.servables.get(model_id, life_s=LAST_KNOWN_LIFE_S)
        try:
            async with asyncio.timeout(PATIENCE_S if last else None):
                return await self.looking((model_id, account_id), partial(self._read, model_id, account_id=account_id))
        except (TimeoutError, UnavailableError):
            if last is None:
                raise
            return last

    async def _read(self, model_id: str, *, account_id: str) -> Servable:
        return self.servables.keep(await self.models.get(model_id, account_id=account_id))
