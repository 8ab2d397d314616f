"""Checking a file of five million candles, making coarser candles, and features of own candles, in this process on one core."""

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.datasets import DatasetKind, Upload, ValidateSpec
from libs.contracts.own_candles import OwnCandles
from libs.market.datasets.canonical import CANDLE_COLUMNS, Facts, write
from libs.market.datasets.check import check_dataset
from libs.market.own_files import load_own
from libs.market.resample import Bars, resample
from libs.quant.features import compute_features
from tests.bench.memory import peak_mib

ROWS: Final = 5_000_000
BARS: Final = 1_000_000
MINUTE: Final = 60 * 10**9
FEATURES: Final = ("rsi_14", "macd", "volume_ma_ratio", "log_return_1")
BEGIN: Final = 1_420_070_400 * 10**9


def measure_datasets() -> dict[str, Any]:
    """Return seconds, megabytes a second and the peak of memory of a check, of a file in order and of one in no order; of resampling, of features."""
    rows: dict[str, Any] = {}
    for shape in ("in_order", "shuffled", "parquet"):
        # A process of its own, whose peak is the check's.
        asked = [sys.executable, "-m", "tests.bench.datasets", shape]
        seconds, megabytes, peak = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
        rows[f"check_{ROWS // 10**6}m_candles_{shape}"] = {"s": seconds, "mb_per_s": megabytes, "peak_mib": peak}
    rows["cold_start_of_4_features_of_1m_own_candles_ms"] = _cold_start()
    return rows | {f"resample_{BARS}_1m_bars_to_{timeframe}_ms": _resampling(timeframe) for timeframe in ("15m", "1h", "1d")}


def _resampling(timeframe: str) -> float:
    bars = _bars(BARS)
    resample(bars, calendar="24/7", of="1m", timeframe=timeframe)
    began = time.perf_counter()
    resample(bars, calendar="24/7", of="1m", timeframe=timeframe)
    return round((time.perf_counter() - began) * 1000, 1)


def _cold_start() -> float:
    """Return how long it takes until a set of features is there whose candles no process has read yet: from the store, not the lake."""
    bars = _bars(BARS)
    kinds = {"time": "time", "segment": "integer"}
    facts = Facts(
        DatasetKind.CANDLES, tuple((name, name, kinds.get(name, "number")) for name in CANDLE_COLUMNS), "ACME", "1m", "24/7", 525_600.0
    )
    with tempfile.TemporaryDirectory(prefix="mb-bench-") as name:
        folder, path = Path(name), Path(name) / "canonical.parquet"
        write(path, facts=facts, rows=BARS, part=lambda start, stop: {each: getattr(bars, each)[start:stop] for each in CANDLE_COLUMNS})
        artifacts = Artifacts(str(folder / "artifacts"))
        days = [datetime.fromtimestamp(int(bars.time[place]) // 10**9, UTC).date() for place in (0, -1)]
        own = OwnCandles(
            symbol="ACME",
            timeframe="1m",
            dataset_id="d",
            version=1,
            sha256=artifacts.put_file(path).sha256,
            calendar="24/7",
            start=days[0],
            end=days[1],
        )
        began = time.perf_counter()
        features = compute_features(load_own(own, timeframe="1m", artifacts=artifacts, lake=folder / "lake"), FEATURES)
        took = time.perf_counter() - began
    assert len(features) == BARS
    return round(took * 1000, 1)


def _bars(count: int) -> Bars:
    random = np.random.default_rng(0)
    close = np.round(100 * np.exp(np.cumsum(random.normal(size=count) * 1e-4)), 2)
    open_ = np.concatenate([close[:1], close[:-1]])
    return Bars(
        time=BEGIN + (1 + np.arange(count, dtype=np.int64)) * MINUTE,
        open=open_,
        high=np.round(np.maximum(open_, close) + 0.05, 2),
        low=np.round(np.minimum(open_, close) - 0.05, 2),
        close=close,
        volume=np.round(random.exponential(size=count) * 100, 3),
        segment=np.zeros(count, dtype=np.int32),
        columns={},
    )


def _write(path: Path, *, shape: str) -> None:
    """Write the file, in a process of its own, so that its memory is not the check's."""
    import pyarrow as pa  # noqa: PLC0415 - in the writing process alone
    from pyarrow import csv, parquet  # noqa: PLC0415 - as above

    bars = _bars(ROWS)
    columns = {name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")}
    table = pa.table({"time": pa.array((bars.time - MINUTE).astype("datetime64[ns]")).cast(pa.timestamp("s"))} | columns)
    if shape == "shuffled":
        table = table.take(pa.array(np.random.default_rng(1).permutation(ROWS)))
    (parquet.write_table if shape == "parquet" else csv.write_csv)(table, path)


def _check(folder: Path, *, shape: str) -> str:
    path = folder / "upload"
    subprocess.run([sys.executable, "-m", "tests.bench.datasets", shape, str(path)], check=True)
    size = path.stat().st_size
    upload = Upload(path="upload", sha256="0" * 64, size=size, format="parquet" if shape == "parquet" else "csv")
    spec = ValidateSpec(dataset_id="d", version=1, name="bench", kind="candles", symbol="ACME", upload=upload, rows_most=ROWS)  # type: ignore[arg-type] # parsed
    began = time.perf_counter()
    checked = check_dataset(spec, upload=path, base=None, folder=folder / "out", report=lambda _stage, _done, _total: None)
    took = time.perf_counter() - began
    assert checked.result.rows == ROWS, checked.result.findings
    return f"{took:.2f} {size / took / 10**6:.1f} {peak_mib()}"


def _main(shape: str, *path: str) -> None:
    if path:
        _write(Path(path[0]), shape=shape)
        return
    with tempfile.TemporaryDirectory(prefix="mb-bench-") as folder:
        print(_check(Path(folder), shape=shape))


if __name__ == "__main__":
    _main(*sys.argv[1:])
