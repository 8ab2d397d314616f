"""Predict rows that are sent, and keep the prediction."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from libs.contracts.inference import Predict as Ask
from libs.contracts.names import did_you_mean
from libs.quant.grammar import SYMBOL
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.predictions.kept import ADAPTED_BY, PREFIX, KeptPrediction, KeptPredictions, due, level_to_use
from services.gateway.domain.predictions.sent_window import Window, read_window
from services.gateway.domain.predictions.servable import Servable
from services.gateway.domain.work import Work
from services.gateway.usecases.predictions.predict import Predict
from services.gateway.usecases.registry.find_registered import FindRegistered

NOT_FOLLOWED: Final = "The model was trained on several symbols, and the request names none: nobody knows whose candles to look at."
ANY: Final = "rows"
NAMED_MOST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionWish:
    """What is to be predicted: rows, oldest first, when each was known, whose they are; `level` is how often the interval is to hold.

    `model_id` is a model, or a name in the registry, `name@alias`, `name@3`.
    """

    model_id: str
    rows: Sequence[Mapping[str, Any]]
    times: Sequence[str] | None
    level: float
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class MakePrediction:
    """The same work twice keeps one prediction."""

    predict: Predict
    kept: KeptPredictions
    find: FindRegistered
    clock: Clock

    async def __call__(self, wish: PredictionWish, *, account_id: str, work: Work) -> KeptPrediction:
        """Return what was answered. Raise what Predict and FindRegistered raise; InvalidError for rows that cannot be read."""
        servable = await self._answering(wish.model_id, account_id=account_id)
        symbol = _symbol_of(wish.symbol, servable)
        now = self.clock()
        window = read_window(
            wish.rows,
            wish.times,
            features=servable.features,
            timeframe=servable.timeframe,
            horizon=servable.horizon,
            ahead=servable.ahead,
            now=now,
        )
        held = await self.kept.held(servable.model_id, account_id=account_id, version=servable.version, level=wish.level, most=ADAPTED_BY)
        used = level_to_use(wish.level, inside=held)
        ask = Ask.model_construct(
            model_id=servable.model_id,
            account_id=account_id,
            version=servable.version,
            artifact=servable.artifact,
            symbols=(symbol or ANY,),
            rows=(),
            timeframe=servable.timeframe,
            synthetic_allowed=False,
            static_data=servable.static_data,
            made_at=servable.made_at,
            own=(),
            sent=window.sent,
            interval_level=used,
            wanted_level=wish.level,
        )
        began = time.perf_counter()
        answer = orjson.loads(await self.predict.inference.predict(ask))
        latency_ms = round((time.perf_counter() - began) * 1000, 3)
        told = answer["predictions"][0]
        made = _kept(told, servable, window, symbol=symbol)
        return await self.kept.add(
            KeptPrediction(
                id=work.new_id(PREFIX),
                account_id=account_id,
                created_at=now,
                latency_ms=latency_ms,
                level=wish.level,
                used=told["interval"]["level"] if told.get("interval") else used,
                **made,
            )
        )

    async def _answering(self, reference: str, *, account_id: str) -> Servable:
        if is_id(reference, prefix="model"):
            return await self.predict.serving(reference, account_id=account_id)
        found = await self.find(reference, account_id=account_id)
        return await self.predict.version_of(found.model_id, found.model_version, account_id=account_id)


def _kept(told: Mapping[str, Any], servable: Servable, window: Window, *, symbol: str | None) -> dict[str, Any]:
    interval, answered = told.get("interval"), told.get("prediction_set")
    classed = told["probabilities"] is not None
    reasons = {name: why for name, why in told["reasons"].items() if name in ("interval", "prediction_set", "quality", "abstained")}
    value = None if told["abstained"] else told["prediction"] if classed else told["value"]
    return {
        "model_id": servable.model_id,
        "version": servable.version,
        "artifact": servable.artifact,
        "symbol": symbol,
        "timeframe": servable.timeframe,
        "target": servable.target,
        "horizon": servable.horizon,
        "horizon_in": servable.horizon_in,
        "rows": len(window.sent.times),
        "input_hash": window.input_hash,
        "at": window.at,
        "predicted_for": window.predicted_for,
        "value": value,
        "interval": (interval["low"], interval["high"]) if interval else None,
        "method": told.get("interval_method"),
        "classes": tuple(answered) if answered is not None else None,
        "probabilities": told["probabilities"],
        "quality": told["quality"],
        "abstained": told["abstained"],
        "synthetic": told["synthetic"],
        "ignored": window.ignored,
        "reasons": reasons,
        "due_at": due(window.at, timeframe=servable.timeframe, horizon=servable.horizon, ahead=servable.ahead),
        "state": "untold" if symbol is None else "waiting",
        "untold": NOT_FOLLOWED if symbol is None else None,
    }


def _symbol_of(given: str | None, servable: Servable) -> str | None:
    """Return whose rows these are. Raise InvalidError for a symbol that the model does not know, and where it must know it."""
    if given is not None:
        if given in servable.symbols:
            return given
        message = f"The model was not trained on '{given[:40]}'.{did_you_mean(given, servable.symbols)} It knows {_some(servable.symbols)}."
        raise InvalidError(message, details={"symbol": [message]})
    if len(servable.symbols) == 1:
        return servable.symbols[0]
    if SYMBOL in servable.features:
        message = f"The model tells symbols apart: say whose rows these are, of {_some(servable.symbols)}."
        raise InvalidError(message, details={"symbol": [message]})
    return None


def _some(symbols: Sequence[str]) -> str:
    return ", ".join(symbols[:NAMED_MOST]) + (" …" if len(symbols) > NAMED_MOST else "")
