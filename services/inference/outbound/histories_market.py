"""Candles and features for measuring, by the same code that computed them for training."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from services.inference.domain.performance import History, Recipe


class HistoriesMarket:
    """Implements the port Histories. Nothing is kept: what is measured again is measured with the candles that there are then."""

    def __init__(self, lake: Path | None) -> None:
        self._lake = lake

    async def load(self, recipe: Recipe) -> Sequence[History]:
        """Return the history of each symbol. Raise InvalidError for a symbol without candles."""
        return await asyncio.to_thread(self._load, recipe)

    def _load(self, recipe: Recipe) -> list[History]:
        # Imported when first needed: pandas and pyarrow are a tenth of a second and 60 MiB that predictions may never need.
        from libs.market.candles import Market  # noqa: PLC0415  # as said above
        from libs.quant.features import compute_features  # noqa: PLC0415  # as said above

        # What was made from generated candles may be played on them: it says so.
        market = Market(lake=self._lake, synthetic_allowed=recipe.synthetic)
        candles = [market.latest(symbol, recipe.timeframe) for symbol in recipe.symbols]
        return [History(each, compute_features(each, recipe.features)) for each in candles]
