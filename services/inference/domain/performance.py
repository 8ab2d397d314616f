"""A model version's record over some candles, by its own signals: what it needs from outside, and how it is measured."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol

import numpy as np

from libs.contracts.listings import Performance
from libs.contracts.own_candles import OwnCandles
from libs.contracts.record_chain import rounded_day
from libs.contracts.records import RecordDay
from libs.market.costs import costs_on
from libs.quant.backtest import Backtest
from libs.quant.bootstrap import sharpe_interval
from libs.quant.candles import Candles, Floats, Integers
from libs.quant.costs import Costs
from libs.quant.labels import CLASSES
from libs.quant.marking import Days, day_by_day
from libs.quant.moments import moments
from libs.quant.playing import Abstains, Part, Rules, hold, play_positions, positions_of
from libs.quant.trading import equity_metrics, returns_of, trade_metrics
from libs.quant.windows import Windows
from services.inference.domain.ports import Model

EQUITY: Final = ("sharpe_ratio", "max_drawdown", "total_return")
TRADES: Final = ("win_rate", "total_trades")
VALUES: Final = (*EQUITY, *TRADES)
HELD: Final = ("sharpe_ratio", "max_drawdown", "total_return", "volatility")
# Of the bootstrap: the same record has the same interval, whoever measures it.
SEED: Final = 42
DAILY: Final = "1d"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
PIECE: Final = 4096
MICROSECOND: Final = timedelta(microseconds=1)
NO_CANDLES: Final = {
    "backtest": "There is no candle yet that is newer than what the version has learned from.",
    "live": "There is no candle yet that is newer than the listing.",
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a version was made of, as its manifest says: what it trades, and which costs were given for it (None: the usual ones)."""

    symbols: tuple[str, ...]
    timeframe: str
    features: tuple[str, ...]
    given_costs: Mapping[str, float | None]
    synthetic: bool
    live: tuple[str, ...] = ()  # those of the symbols that go on by a live series

    def costs_on(self, candles: Candles) -> Costs:
        """Return what trading these candles costs in a record: as in training, and nowhere less than usual."""
        return costs_on(candles, **self.given_costs).at_least(costs_on(candles))


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """All candles there are of a symbol now, and their features (candles, features)."""

    candles: Candles
    features: Floats


class Recipes(Protocol):
    """Recipes by the hash of a version's manifest."""

    async def get(self, artifact: str) -> Recipe:
        """Return a recipe. Raise ArtifactMissingError or ModelUnreadableError."""


class LiveCandles(Protocol):
    """What stands behind live symbols by now."""

    async def note(self, candles: OwnCandles) -> None:
        """Keep a version of a series, unless a newer one is known."""

    async def of(self, symbols: Collection[str]) -> Sequence[OwnCandles]:
        """Return the newest version of each series of these symbols."""


class Histories(Protocol):
    """Candles and features, as there are at this moment."""

    async def load(self, recipe: Recipe) -> Sequence[History]:
        """Return the history of each symbol. Raise InvalidError for a symbol without candles."""


@dataclass(frozen=True, slots=True)
class Played:
    """A record, and its days."""

    performance: Performance
    days: tuple[RecordDay, ...] = ()


def measure(
    model: Model, recipe: Recipe, histories: Sequence[History], *, kind: str, since: datetime, until: datetime | None, at: datetime
) -> Played:
    """Play the candles that close after `since` and up to `until` by the model's own signals. Blocks.

    The costs are those it was trained with, or the usual ones of the symbol's asset class where these are higher: no seller makes a record
    better by trading for nothing. The formulas are those of training (`libs/quant/trading.py`), so that, at usual costs, a version's
    held-out candles give its own backtest again. Where it abstains for the quality of a candle it is out of the market, as it was there.
    """
    parts = [part for each in histories if (part := _between(each, model, recipe, since=since, until=until)).first < part.stop]
    synthetic = any(part.candles.synthetic for part in parts) if parts else recipe.synthetic
    if not parts:
        return Played(Performance.unmeasured(NO_CANDLES[kind], at=at, synthetic=synthetic))
    rules = Rules(
        by_value=model.classes is None,
        steps=model.steps,
        abstains=_abstains(model),
        classes=model.classes or CLASSES,
        is_traded=model.is_traded,
    )
    positions = [positions_of(lambda rows: _answers(model, rows), part, rules=rules) for part in parts]
    played = play_positions(positions, parts)
    measured = equity_metrics(played.equity, bars_per_year=played.bars_per_year) | trade_metrics(played.trades.net_return)
    values: dict[str, Any] = {name: measured.values[name] for name in VALUES}
    days = day_by_day(positions, parts, rules=rules)
    performance = Performance(
        **values,
        **_shape(played),
        since=_day(played.time[0]),
        until=_day(played.time[-1]),
        synthetic=synthetic,
        measured_at=at,
        reasons={name: measured.reasons[name] for name, value in values.items() if value is None},
        bars=len(played.time),
        bars_per_year=played.bars_per_year,
        absent_days=int(days.absent.sum()),
        baselines={"buy_and_hold": _held(parts)},
        symbols=recipe.symbols,
        timeframe=recipe.timeframe,
    )
    # A day of candles shorter than a day may not be over yet.
    last = len(days) if recipe.timeframe == DAILY else len(days) - 1
    return Played(performance, tuple(_told(days, place) for place in range(last)))


def _shape(played: Backtest) -> dict[str, Any]:
    """Return how the returns are spread, and how sure their Sharpe ratio is."""
    returns = returns_of(played.equity)
    shape = moments(returns)
    return {
        "skewness": shape.skewness if shape else None,
        "kurtosis": shape.kurtosis if shape else None,
        "sharpe_interval": sharpe_interval(returns, bars_per_year=played.bars_per_year, seed=SEED).as_json(),
    }


def _held(parts: Sequence[Part]) -> dict[str, float | None]:
    """Return what holding the same symbols over the same candles at the same costs brings."""
    held = hold(parts)
    values = equity_metrics(held.equity, bars_per_year=held.bars_per_year).values
    return {name: values[name] for name in HELD}


def _told(days: Days, place: int) -> RecordDay:
    return rounded_day(
        EPOCH.date() + timedelta(days=int(days.day[place])),
        day_return=float(days.returns[place]),
        position=float(days.position[place]),
        absent=bool(days.absent[place]),
    )


def _answers(model: Model, rows: Floats | Windows) -> Floats | Integers:
    # In pieces: windows of a long history would take more memory than all models together.
    served = [model.serve(_piece(rows, start)) for start in range(0, len(rows), PIECE)]
    return np.concatenate([each.outputs[:, 0] if model.classes is None else each.answered for each in served])


def _abstains(model: Model) -> Abstains | None:
    """Return at which candles a model abstains; None for one that never does for their quality. The age of candles is none of a record."""
    below = model.abstain_when.quality_below if model.abstain_when else None
    return None if below is None else lambda bars: model.quality(bars) < below


def _piece(rows: Floats | Windows, start: int) -> Floats:
    piece = rows[start : start + PIECE]
    return piece.values() if isinstance(piece, Windows) else piece


def _between(history: History, model: Model, recipe: Recipe, *, since: datetime, until: datetime | None) -> Part:
    time, symbol = history.candles.time, history.candles.symbol
    # What it was trained on is no part of any record, whenever that is asked to begin.
    learned = (model.learned or {}).get(symbol, (0, 0))[1]
    first = int(np.searchsorted(time, max(_nanoseconds(since), learned), side="right"))
    stop = len(time) if until is None else int(np.searchsorted(time, _nanoseconds(until), side="right"))
    return Part(history.candles, history.features, first, max(first, stop), recipe.costs_on(history.candles))


def _nanoseconds(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND * 1000


def _day(time: int) -> date:
    """Return the UTC day of a bar; one that closes at midnight belongs to the day before."""
    return datetime.fromtimestamp((int(time) - 1) // 10**9, tz=UTC).date()
