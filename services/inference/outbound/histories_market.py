"""Candles and features for measuring, by the same code that computed them for training."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.own_candles import OwnCandles
from libs.market.own import NOTHING, catalogue_of
from services.inference.domain.performance import History, LiveCandles, Recipe


class HistoriesMarket:
    """Implements the port Histories. Nothing is kept: what is measured again is measured with the candles that there are then."""

    def __init__(self, lake: Path | None, artifacts: Artifacts, live: LiveCandles) -> None:
        self._lake, self._artifacts, self._live = lake, artifacts, live

    async def load(self, recipe: Recipe) -> Sequence[History]:
        """Return the history of each symbol. Raise InvalidError for a symbol without candles."""
        own = catalogue_of(await self._live.of(recipe.live)) if recipe.live else NOTHING
        return await asyncio.to_thread(self._load, recipe, own.references(recipe.live, timeframe=recipe.timeframe))

    def _load(self, recipe: Recipe, own: tuple[OwnCandles, ...]) -> list[History]:
        # Imported when first needed: pandas and pyarrow are a tenth of a second and 60 MiB that predictions may never need.
        from libs.market.candles import Market  # noqa: PLC0415  # as said above
        from libs.quant.features import compute_features  # noqa: PLC0415  # as said above

        # What was made from generated candles may be played on them: it says so.
        market = Market(lake=self._lake, synthetic_allowed=recipe.synthetic, artifacts=self._artifacts, own=own)
        candles = [market.latest(symbol, recipe.timeframe) for symbol in recipe.symbols]
        return [History(each, compute_features(each, recipe.features)) for each in candles]
