"""Candles of somebody's own, as a checked dataset leaves them: a canonical file in the artifact store, and what refers to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyarrow import parquet

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.datasets import DatasetKind
from libs.contracts.own_candles import OwnCandles, Timeframe
from libs.market.datasets.canonical import CANDLE_COLUMNS, Facts, write
from libs.market.datasets.column_names import KNOWN_AT
from libs.market.sessions import bars_a_year, closes_between
from libs.quant.candles import NANOSECONDS_A_DAY
from tests.quant.walks import walk

FIRST_DAY = date(2024, 1, 1)


def nanoseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 10**9


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What the rows of a dataset of candles are: a walk on all bars of its calendar from a day on, but for `missing` ones."""

    symbol: str = "ACME"
    timeframe: Timeframe = "1h"
    calendar: str = "24/7"
    bars: int = 600
    seed: int = 7
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    known_at: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    missing: tuple[int, ...] = ()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the canonical columns. A longer walk of the same seed is not the same: rows are cut from one of 3000."""
        start, far = nanoseconds(FIRST_DAY), nanoseconds(FIRST_DAY + timedelta(days=4000))
        time = closes_between(self.calendar, self.timeframe, after=start, until=far)[: self.bars]
        candles = walk(3000, seed=self.seed).part(0, self.bars)
        keep = np.delete(np.arange(self.bars), self.missing)
        segment = np.cumsum(np.diff(keep, prepend=keep[0] - 1) > 1)
        named = {name: getattr(candles, name)[keep] for name in ("open", "high", "low", "close", "volume")}
        further = {name: np.asarray(values)[keep] for name, values in self.columns.items()}
        known = {f"{name}{KNOWN_AT}": np.asarray(values)[keep] for name, values in self.known_at.items()}
        return {"time": time[keep], **named, "segment": segment.astype(np.int32), **further, **known}


def put(
    artifacts: Artifacts, rows: Rows, *, dataset_id: str = "dataset_1", version: int = 1, warnings: int = 0, groups: tuple[int, ...] = ()
) -> OwnCandles:
    """Store the canonical file of these rows, and return what refers to it; `groups` are rows at which a group of its begins, too."""
    arrays = rows.arrays()
    kinds = {"time": "time", "segment": "integer"} | {name: "integer" for name in arrays if name.endswith(KNOWN_AT)}
    facts = Facts(
        kind=DatasetKind.CANDLES,
        columns=tuple((name, name if name in CANDLE_COLUMNS else "feature", kinds.get(name, "number")) for name in arrays),
        symbol=rows.symbol,
        timeframe=rows.timeframe,
        calendar=rows.calendar,
        bars_per_year=bars_a_year(rows.calendar, rows.timeframe),
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "canonical.parquet"
        write(
            path, facts=facts, rows=len(arrays["time"]), part=lambda start, stop: {name: each[start:stop] for name, each in arrays.items()}
        )
        if groups:
            table = parquet.read_table(path)
            with parquet.ParquetWriter(path, table.schema) as writer:
                for start, stop in pairwise([0, *groups, len(table)]):
                    if stop > start:
                        writer.write_table(table.slice(start, stop - start))
        stored = artifacts.put(path.read_bytes())
    days = [date(1970, 1, 1) + timedelta(days=int((arrays["time"][place] - 1) // NANOSECONDS_A_DAY)) for place in (0, -1)]
    return OwnCandles(
        symbol=rows.symbol,
        timeframe=rows.timeframe,
        dataset_id=dataset_id,
        version=version,
        sha256=stored.sha256,
        calendar=rows.calendar,
        start=days[0],
        end=days[1],
        columns=tuple(rows.columns),
        warnings=warnings,
    )
