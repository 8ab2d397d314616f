"""Deployed models run on candles that were sent, and on those that the platform has; the technical trend beside them."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.analyses import ModelView, PredictTrend
from libs.contracts.deployments import ModelDeployed
from libs.contracts.sent_candles import MarketData
from libs.market.age import Age, Ages, calendar_of
from libs.quant.analysis.reading import reading_of
from libs.quant.candles import Candles, Floats
from libs.quant.features import compute_features
from libs.quant.indicators.bars import bars_of
from libs.quant.windows import streaks
from services.inference.analysts.sent_market import bars_sent
from services.inference.domain.analyses import Modelled, NoView, Seen
from services.inference.domain.ports import Model, Models
from services.inference.usecases.answers import probabilities_of

LONG: Final = "BUY"
SHORT: Final = "SELL"


class DeployedModelsMarket:
    """Implements the port DeployedModels."""

    def __init__(self, models: Models, ages: Ages, *, lake: Path | None, artifacts: Artifacts) -> None:
        self._models, self._ages, self._lake, self._artifacts = models, ages, lake, artifacts

    async def on_sent(self, deployed: ModelDeployed, market: MarketData) -> Modelled | NoView:
        """Return what a model says of the candles of its timeframe that were sent."""
        sent = market.timeframe_data[deployed.timeframe]  # type: ignore[index]  # whoever calls has looked
        bars = bars_sent(sent, timeframe=deployed.timeframe)
        candles = Candles(
            symbol=deployed.symbol,
            timeframe=deployed.timeframe,
            time=bars.time,
            open=bars.open,
            high=bars.high,
            low=bars.low,
            close=bars.close,
            volume=bars.volume,
            segment=np.zeros(len(bars.time), dtype=np.int32),
            source="sent",
            source_hash="",
            adjustment="none",
            synthetic=False,
            bars_per_year=0.0,
        )
        return await self._run(deployed, candles, age_bars=0)

    async def on_own(self, ask: PredictTrend, deployed: ModelDeployed | None) -> Seen:
        """Return what the platform's candles of a symbol say."""
        candles, age = await asyncio.to_thread(self._load, ask)
        modelled = await self._run(deployed, candles, age_bars=age.bars) if deployed else None
        first = max(candles.segments()[-1].start, len(candles) - ask.candles)
        reading = reading_of(ask.timeframe, bars_of(candles, rows=slice(first, len(candles))))
        assert age.as_of is not None  # It is the moment that it was asked with.
        return Seen(
            modelled=modelled,
            trend=reading.trend,
            strength=None if reading.trend is None or reading.values["adx_14"] is None else abs(reading.trend) * reading.trendiness,
            candles=len(candles) if isinstance(modelled, Modelled) else len(reading.bars.close),
            as_of=age.as_of,
            age_bars=age.bars,
            stale=age.stale,
            synthetic=candles.synthetic,
            source=f"{candles.symbol}: {candles.source}",
        )

    def _load(self, ask: PredictTrend) -> tuple[Candles, Age]:
        # Imported when first needed: pandas and pyarrow are a tenth of a second and 60 MiB that signals may never need.
        from libs.market.candles import Market  # noqa: PLC0415  # as said above
        from libs.market.catalogue import check_symbol  # noqa: PLC0415  # as said above

        market = Market(lake=self._lake, synthetic_allowed=ask.synthetic_allowed, artifacts=self._artifacts, own=ask.own)
        candles = market.latest(ask.symbol, ask.timeframe)
        calendar = candles.calendar or calendar_of(check_symbol(ask.symbol, synthetic_allowed=ask.synthetic_allowed))
        return candles, self._ages.of(calendar, timeframe=ask.timeframe, as_of=datetime.fromtimestamp(int(candles.time[-1]) / 1e9, UTC))

    async def _run(self, deployed: ModelDeployed, candles: Candles, *, age_bars: int | None) -> Modelled | NoView:
        try:
            model = await self._models.get(deployed.artifact)
            return await asyncio.to_thread(_said, model, deployed, candles, age_bars)
        except PlatformError as error:
            return NoView(f"the deployed model {deployed.name} could not be asked: {error.message}")
        except Exception:  # noqa: BLE001  # an analysis stands without the model
            log().warning("a deployed model could not be asked", model_id=deployed.model_id, exc_info=True)
            return NoView(f"the deployed model {deployed.name} could not be asked")


def _said(model: Model, deployed: ModelDeployed, candles: Candles, age_bars: int | None) -> Modelled | NoView:
    """Return what a model says at the last candle, or why it says nothing. Blocks."""
    if not model.is_traded:
        return NoView(f"the deployed model {deployed.name} does not say where the close goes")
    values = compute_features(candles, model.features)
    have = int(streaks(np.all(np.isfinite(values), axis=1), candles.segment)[-1])
    if have < max(model.steps, 1):
        few = f"{len(candles)} candles of {deployed.timeframe} are too few for the features of the deployed model {deployed.name}"
        steps = max(model.steps, 1)
        more = f"it needs {steps - have} more" if have else f"it looks at {steps} in a row at which they all have a value"
        return NoView(f"{few}: {more}")
    rows: Floats = values[None, -model.steps :] if model.steps else values[-1:]
    served = model.serve(rows)
    if not served.finite[0]:
        return NoView(f"the deployed model {deployed.name} gives no finite number for these candles")
    quality = None if served.quality is None or np.isnan(served.quality[0]) else float(served.quality[0])
    if model.abstain_when and (rule := model.abstain_when.applied(quality=quality, age_bars=age_bars)):
        return NoView(f"the deployed model {deployed.name} abstains: {rule[1]}")
    return _modelled(model, deployed, served.outputs[0], int(served.answered[0]))


def _modelled(model: Model, deployed: ModelDeployed, outputs: Floats, answered: int) -> Modelled:
    """Return a classifier's answer with P(BUY) - P(SELL) as its stance, another model's with the sign of its value."""
    if model.classes is None:
        value = float(outputs[0])
        said, confidence, stance = f"{value:.6g}", None, float(np.sign(value))
    else:
        odds = probabilities_of(model, outputs[None])
        assert odds is not None  # It has classes.
        found = dict(zip(model.classes, odds[0].tolist(), strict=True))
        said, confidence = model.classes[answered], found[model.classes[answered]]
        stance = found.get(LONG, 0.0) - found.get(SHORT, 0.0)
    view = ModelView(model_id=deployed.model_id, version=deployed.version, prediction=said, confidence=confidence)
    return Modelled(view, stance, model.forecast.horizon if model.forecast else model.horizon, model.synthetic)
