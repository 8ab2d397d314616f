"""Indicators and analyses by the rules, in this process on one core: an analysis is of six timeframes of a thousand candles each."""

from collections.abc import Callable
from typing import Any, Final

from libs.contracts.analyses import Analyze
from libs.contracts.own_candles import SECONDS
from libs.contracts.sent_candles import AROUND_THE_CLOCK, CandleColumns, MarketData
from libs.quant.analysis.indicators import last_values
from libs.quant.analysis.live import LiveIndicators
from libs.quant.analysis.reading import TIMEFRAMES
from libs.quant.indicators.bars import bars_of
from services.inference.analysts.sent_market import look_at
from services.inference.analysts.technical import analyse, readings_of
from tests.quant.walks import walk

CANDLES: Final = 1_000
LONG: Final = 200_000


def indicators_of(bars: int) -> Callable[[], Any]:
    """Return all documented indicators of so many candles, ready to be computed."""
    whole = bars_of(walk(bars), rows=slice(0, bars))
    return lambda: last_values(whole)


def next_bar_of(bars: int, *, most: int = 40) -> Callable[[], Any]:
    """Return what a new candle costs of a series so long whose indicators are kept up; it can be called so often."""
    candles = walk(bars + most)
    live, parts = LiveIndicators(candles.part(0, bars)), [candles.part(bars - CANDLES, bars + more) for more in range(1, most + 1)]
    arriving = iter(parts)

    def read() -> Any:
        live.read(next(arriving))
        return live.values()

    return read


def analysis_of(candles: int = CANDLES) -> Callable[[], Any]:
    """Return an analysis without an LLM, ready to be made."""
    found = walk(candles)
    rows = list(zip(*(each.tolist() for each in (found.open, found.high, found.low, found.close, found.volume)), strict=True))
    at = 1_700_000_000_000
    sent = {
        name: CandleColumns.of([(at + 1000 * (place - len(rows)) * SECONDS[name], *row) for place, row in enumerate(rows)])
        for name in TIMEFRAMES
    }
    market = {"symbol": "WALK", "timeframe_data": sent, "current_price": rows[-1][3], "timestamp": at, "hours": AROUND_THE_CLOCK}
    ask = Analyze(symbol="WALK", account_id=None, tier="pro", market=MarketData.model_validate(market))

    def made() -> Any:
        looked = look_at(ask.market, stale_after=3)
        return analyse(readings_of(looked.bars), symbol=ask.symbol, price=ask.market.current_price, context=None, modelled=None)

    return made
