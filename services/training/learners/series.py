"""Candles and features of the symbols a model is trained on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.training_config import CheckedConfig
from libs.market.candles import Market
from libs.quant.candles import Candles, Floats, Integers
from libs.quant.features import compute_features
from libs.quant.windows import Windows, ready
from services.training.learners.errors import SymbolMissingError, UnusableFeatureError
from services.training.learners.learner import Inputs

_HASHED: Final = ("time", "open", "high", "low", "close", "volume", "segment", "stale_open")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One symbol: its candles from the first there are to the last asked for, so that indicators with a memory are warm.

    Rows to learn from begin at bar `first`. `features` is (bars, features), NaN where a value is not there yet.
    """

    candles: Candles
    first: int
    features: Floats

    def ready(self, *, steps: int) -> NDArray[np.bool_]:
        """Tell which bars have all their features, and end a window of `steps` bars that have; (bars,)."""
        return ready(self.features, self.candles.segment, steps=steps)

    def rows(self, bars: Integers, *, steps: int) -> Inputs:
        """Return what a model is asked about at these bars: their features, or with `steps` the windows that end there."""
        return Windows(self.features, bars, steps) if steps else self.features[bars]


def load_candles(symbol: str, *, config: CheckedConfig, market: Market) -> tuple[Candles, int]:
    """Return a symbol's candles up to the last day asked for, and the index of the first bar asked for.

    Raises what `Market.candles` raises: an unknown symbol, no candles in the range.
    """
    allowed = None if config.synthetic is None else config.synthetic == "allow"
    asked = market.candles(symbol, config.timeframe, start=config.start_date, end=config.end_date, synthetic_allowed=allowed)
    whole = market.candles(symbol, config.timeframe, end=config.end_date, synthetic_allowed=allowed)
    return whole, len(whole) - len(asked)


def in_common(loaded: Sequence[tuple[Candles, int]]) -> list[tuple[Candles, int]]:
    """Return the candles up to the last moment at which every symbol has some, and the first bar that closes when every symbol has some.

    Bars before that stay, so that indicators are warm. Raises SymbolMissingError when there is no such time.
    """
    first = max(int(candles.time[start]) for candles, start in loaded)
    last = min(int(candles.time[-1]) for candles, _ in loaded)
    found = []
    for candles, start in loaded:
        begin = max(start, int(np.searchsorted(candles.time, first, side="left")))
        stop = int(np.searchsorted(candles.time, last, side="right"))
        if begin >= stop:
            spans = ", ".join(f"{each.symbol} from {day_of(int(each.time[at]))} to {day_of(int(each.time[-1]))}" for each, at in loaded)
            msg = f"There is no day on which every symbol has candles: {spans}. Leave a symbol out, or choose other dates"
            raise SymbolMissingError(msg, details={"training_config.symbols": [msg]})
        found.append((candles.part(0, stop), begin))
    return found


def with_features(candles: Candles, *, first: int, names: Sequence[str]) -> Series:
    """Compute the features. Raises UnusableFeatureError when one has no value at all, and UnknownFeatureError."""
    features = compute_features(candles, names)
    absent = [name for column, name in enumerate(names) if not np.isfinite(features[first:, column]).any()]
    if absent:
        msg = f"{', '.join(absent)} cannot be computed for {candles.symbol} in this range: it has no such values, or too few bars"
        raise UnusableFeatureError(msg, details={"features": [msg]})
    return Series(candles, first, features)


def data_hash(series: Sequence[Series]) -> str:
    """Return the SHA-256 of all candles used, to the last bit."""
    digest = hashlib.sha256()
    for each in series:
        digest.update(f"{each.candles.symbol} {each.candles.timeframe} {each.first} {len(each.candles)}\n".encode())
        for name in _HASHED:
            digest.update(np.ascontiguousarray(getattr(each.candles, name)).tobytes())
        for name, values in sorted(each.candles.columns.items()):
            digest.update(f"{name}\n".encode())
            digest.update(values.tobytes())
    return digest.hexdigest()


def card_of(series: Sequence[Series]) -> dict[str, Any]:
    """Return what the run card says of the data."""
    candles = [each.candles for each in series]
    return {
        "data_source": "; ".join(sorted({each.source for each in candles})),
        "data_hash": data_hash(series),
        "adjustment": "; ".join(sorted({each.adjustment for each in candles})),
        "synthetic": any(each.synthetic for each in candles),
        "symbols": [
            {
                "symbol": each.candles.symbol,
                "source": each.candles.source,
                "source_hash": each.candles.source_hash,
                "adjustment": each.candles.adjustment,
                "synthetic": each.candles.synthetic,
                "bars": len(each.candles) - each.first,
                "start": day_of(int(each.candles.time[each.first])),
                "end": day_of(int(each.candles.time[-1])),
            }
            for each in series
        ],
    }


def day_of(time: int) -> str:
    """Return the UTC day of a bar that closes at this nanosecond; midnight belongs to the day before, as `Market` counts."""
    return moment_of(time - 1).date().isoformat()


def moment_of(time: int) -> datetime:
    """Return nanoseconds since 1970 as an aware moment."""
    return datetime.fromtimestamp(time // 10**9, tz=UTC)
