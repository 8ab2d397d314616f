"""What an environment's agents see and trade on: candles of one or several symbols as arrays on one clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from libs.quant.candles import Candles, Floats, Integers, common_bars_per_year
from libs.quant.environments.stepping import Bars, Singles
from libs.quant.features import compute_features

PRICES: Final = "price_history"
VOLUMES: Final = "volume_history"
POSITION: Final = "position"
BALANCE: Final = "balance"
OF_THE_ACCOUNT: Final = (POSITION, BALANCE)
YARDSTICK: Final = 20
"""Over at least so many bars the deviation and the mean volume are taken by which histories are measured."""
MOST: Final = 10.0
"""What an agent sees is cut off here, either way: ten deviations are no news in their amount."""


@dataclass(frozen=True, slots=True, eq=False)
class TradedMarket:
    """Bars that all symbols have, oldest first: closes in nanoseconds (`time`), prices (bars, symbols) and what is known at each close.

    `seen` (bars, columns) is not scaled yet, NaN where too few bars went before; `names` are its columns. `ends` marks bars behind which a
    symbol has a hole, or no candles. `first` is the first bar that is played.
    """

    symbols: tuple[str, ...]
    time: Integers
    opened_at: NDArray[np.int64]
    fills: Floats
    closes: Floats
    ends: NDArray[np.bool_]
    names: tuple[str, ...]
    seen: Floats
    first: int
    bars_per_year: float

    def __len__(self) -> int:
        return len(self.time)

    @property
    def decides(self) -> NDArray[np.bool_]:
        """Tell at which bars an action counts: all is known there, and a bar follows without a hole; (bars,)."""
        return np.asarray(np.isfinite(self.seen).all(axis=1) & ~self.ends)

    def planted(self) -> "TradedMarket":
        """Return the same with a column more a symbol that nobody could have: whether the next decision will be filled above this one.

        An agent that can learn anything in this setting learns to follow it.
        """
        ahead = np.zeros_like(self.fills)
        ahead[:-2] = np.sign(self.fills[2:] / self.fills[1:-1] - 1.0)
        names = tuple(f"planted:{symbol}" for symbol in self.symbols)
        return replace(self, seen=np.hstack([self.seen, ahead]), names=self.names + names)


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """By which mean and deviation columns are measured, each of shape (columns,), as they were in the bars that an agent learnt from."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, seen: Floats, *, names: Sequence[str]) -> "Scale":
        """Return that of these rows; histories and planted columns have their own measure and are left as they are."""
        rows = seen[np.isfinite(seen).all(axis=1)]
        free = np.array([name.split(":")[0] in {PRICES, VOLUMES, "planted"} for name in names], dtype=np.bool_)
        mean = np.where(free, 0.0, rows.mean(axis=0))
        spread = rows.std(axis=0)
        return cls(mean, np.where(free | (spread == 0.0), 1.0, spread))

    def bars(self, market: TradedMarket) -> Bars:
        """Return what accounts trade on, its columns measured and cut off at 10 deviations; zeros where they are not known."""
        seen = np.nan_to_num(np.clip((market.seen - self.mean) / self.deviation, -MOST, MOST)).astype(np.float32)
        return Bars(market.fills, market.closes, market.ends, market.decides, np.ascontiguousarray(seen))


def market_of(candles: Sequence[Candles], *, states: Sequence[str], window: int, start: int | None = None) -> TradedMarket:
    """Return the market of these symbols, on the bars whose closes all of them have.

    `states` are PRICES, VOLUMES and names of the feature grammar (or of columns), those of the account are passed over; `window` counts the
    bars of a history; what closes from `start` on (nanoseconds; None: all) is played. All is computed on each symbol's own bars, also on
    those before. Raises `UnknownFeatureError`, and `ValueError` where fewer than two bars are common to all.
    """
    time = reduce(np.intersect1d, [each.time for each in candles])
    if len(time) < 2:  # noqa: PLR2004 - one bar has no next open
        message = f"{', '.join(each.symbol for each in candles)} have fewer than two bars in common"
        raise ValueError(message)
    rows = [np.searchsorted(each.time, time) for each in candles]
    picked = list(zip(candles, rows, strict=True))
    ends = np.ones(len(time), dtype=np.bool_)
    ends[:-1] = np.any([np.diff(each.segment[row]) != 0 for each, row in picked], axis=0)
    columns = [(name, values[row]) for each, row in picked for name, values in _columns(each, states=states, window=window)]
    return TradedMarket(
        symbols=tuple(each.symbol for each in candles),
        time=time,
        opened_at=candles[0].filled_at[rows[0]],
        fills=_side_by_side([np.where(each.stale_open, each.close, each.open)[row] for each, row in picked]),
        closes=_side_by_side([each.close[row] for each, row in picked]),
        ends=ends,
        names=tuple(name for name, _ in columns),
        seen=np.column_stack([values for _, values in columns]) if columns else np.zeros((len(time), 0)),
        first=0 if start is None else int(np.searchsorted(time, start)),
        bars_per_year=common_bars_per_year([each.bars_per_year for each in candles], clock=time),
    )


def _side_by_side(arrays: Sequence[Floats]) -> Floats:
    return np.ascontiguousarray(np.column_stack(arrays))


def _columns(candles: Candles, *, states: Sequence[str], window: int) -> list[tuple[str, Any]]:
    """Return the names and values, shape (bars,), of one symbol's columns, in the order of the states."""
    features = [name for name in states if name not in {PRICES, VOLUMES, *OF_THE_ACCOUNT}]
    computed = dict(zip(features, compute_features(candles, features).T, strict=True)) if features else {}
    found: list[tuple[str, Any]] = []
    for name in states:
        if name in computed:
            found.append((f"{name}:{candles.symbol}", computed[name]))
        elif name in {PRICES, VOLUMES}:
            history = (_price_history if name == PRICES else _volume_history)(candles, window=window)
            found += [(f"{name}:{candles.symbol}:{back}", history[:, back]) for back in range(window)]
    return found


def _price_history(candles: Candles, *, window: int) -> Floats:
    """Return the log returns of the last `window` bars, the newest first; (bars, window).

    They are measured by the root of the mean square of the last max(window, 20) of them.
    """
    values = np.full((len(candles), window), np.nan)
    for rows in candles.segments():
        returns = np.concatenate([[np.nan], np.diff(np.log(candles.close[rows]))])
        measured = np.sqrt(_trailing(returns**2, bars=max(window, YARDSTICK)).mean(axis=1))[:, None]
        back = _trailing(returns, bars=window)[:, ::-1]
        values[rows] = np.divide(back, measured, out=np.where(np.isnan(measured), np.nan, np.zeros(back.shape)), where=measured > 0)
    return values


def _volume_history(candles: Candles, *, window: int) -> Floats:
    """Return the logarithm of (volume + 1) / (mean volume of the last max(window, 20) bars + 1), the newest first; (bars, window)."""
    values = np.full((len(candles), window), np.nan)
    for rows in candles.segments():
        volume = candles.volume[rows]
        mean = _trailing(volume, bars=max(window, YARDSTICK)).mean(axis=1)[:, None]
        values[rows] = np.log((_trailing(volume, bars=window)[:, ::-1] + 1.0) / (mean + 1.0))
    return values


def _trailing(values: Floats, *, bars: int) -> Singles | Floats:
    """Return for each bar the last `bars` values up to it, NaN before the first; (bars of the segment, bars)."""
    return sliding_window_view(np.concatenate([np.full(bars - 1, np.nan), values]), bars)
