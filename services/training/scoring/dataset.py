"""A symbol's candles with their sentiment as the canonical file of a dataset: they were checked already, so nothing is checked anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.contracts.datasets import DatasetKind, ValidateResult
from libs.contracts.text_scoring import COLUMN, COUNT
from libs.market.catalogue import INSTRUMENTS
from libs.market.datasets.canonical import CANDLE_COLUMNS, Facts, write
from libs.market.datasets.column_names import KNOWN_AT
from libs.market.own import ALWAYS, WEEKDAYS
from libs.market.sessions import opens_of
from libs.quant.candles import Candles, Integers
from services.training.scoring.bars import Counted

# By asset class, when what comes with the platform trades.
CALENDARS: Final[Mapping[str, str]] = {"equity": "XNYS", "index": "XNYS", "currency": WEEKDAYS, "crypto": ALWAYS}
SHOWN: Final = 3
OURS: Final = (COLUMN, COUNT)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A symbol's candles, by which calendar they trade and when each opened (nanoseconds since 1970, UTC)."""

    candles: Candles
    calendar: str
    opens: Integers


def ground_of(candles: Candles) -> Ground:
    """Return candles as a dataset has them."""
    calendar = candles.calendar or CALENDARS[INSTRUMENTS[candles.symbol].asset_class]
    opens = candles.opened if candles.opened is not None else opens_of(calendar, candles.timeframe, closes=candles.time)
    return Ground(candles, calendar, opens)


def write_dataset(into: Path, *, ground: Ground, counted: Counted, symbol: str) -> ValidateResult:
    """Write the file, and return what a check of it would have found, without the file itself."""
    candles = ground.candles
    further = {name: values for name, values in candles.columns.items() if name not in OURS}
    roles = (
        ("time", "time", "time"),
        *((name, name, "number") for name in CANDLE_COLUMNS[1:-1]),
        ("segment", "value", "integer"),
        *((name, "feature", "number") for name in (*further, COLUMN)),
        (COLUMN + KNOWN_AT, "known_at", "time"),
        (COUNT, "feature", "number"),
    )
    facts = Facts(
        kind=DatasetKind.CANDLES,
        columns=roles,
        symbol=symbol,
        timeframe=candles.timeframe,
        calendar=ground.calendar,
        bars_per_year=candles.bars_per_year,
    )
    values = {name: getattr(candles, name) for name in CANDLE_COLUMNS} | further
    values |= {COLUMN: counted.mean, COLUMN + KNOWN_AT: candles.time, COUNT: counted.texts.astype(np.float64)}
    write(into, facts=facts, rows=len(candles), part=lambda start, stop: {name: values[name][start:stop] for name, _, _ in roles})
    told = {
        "status": "ready",
        "rows": len(candles),
        "added": len(candles),
        "columns": [_column(*each) for each in roles if each[0] != "segment"],
        "start": _moment(ground.opens[0]),
        "end": _moment(candles.time[-1]),
        "timeframe": candles.timeframe,
        "calendar": ground.calendar,
        "preview": [_preview(ground, counted, place) for place in range(min(SHOWN, len(candles)))],
    }
    return ValidateResult.model_validate(told)


def _column(name: str, role: str, kind: str) -> dict[str, Any]:
    return {"name": name, "source": name, "role": role, "type": kind}


def _preview(ground: Ground, counted: Counted, place: int) -> dict[str, Any]:
    candles, mean = ground.candles, float(counted.mean[place])
    prices = {name: float(getattr(candles, name)[place]) for name in CANDLE_COLUMNS[1:-1]}
    known_at = _moment(candles.time[place]).isoformat()
    told = {COLUMN: None if np.isnan(mean) else mean, COLUMN + KNOWN_AT: known_at, COUNT: int(counted.texts[place])}
    return (
        {"time": _moment(ground.opens[place]).isoformat()}
        | {name: None if np.isnan(value) else value for name, value in prices.items()}
        | told
    )


def _moment(nanoseconds: Any) -> datetime:
    return datetime.fromtimestamp(int(nanoseconds) / 10**9, UTC)
