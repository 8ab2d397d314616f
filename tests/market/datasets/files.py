"""Files of candles as users send them, and the check that they go through."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from libs.contracts.datasets import Finding, Upload, ValidateSpec
from libs.market.datasets.check import Checked, check_dataset
from libs.market.sessions import closes_between, opens_of

HEADER = "time,open,high,low,close,volume"
# The age of data is told at this moment.
NOW = 1_709_251_200 * 10**9  # 2024-03-01


def ns(moment: str) -> int:
    return int(np.datetime64(moment, "ns").astype(np.int64))


def candles(count: int, *, calendar: str = "24/7", timeframe: str = "1h", until: str = "2024-03-01", seed: int = 0) -> list[str]:
    """Return the lines of the last so many candles up to a moment; each opens where the one before closed."""
    closes = closes_between(calendar, timeframe, after=ns("2023-01-01"), until=ns(until))[-count:]
    opens = opens_of(calendar, timeframe, closes=closes)
    random, price, lines = np.random.default_rng(seed), 100.0, []
    for moment in opens.tolist():
        close = round(price * (1 + random.normal() * 0.002), 2)
        stamp = np.datetime64(moment, "ns").astype("datetime64[s]")
        lines.append(f"{stamp}Z,{price},{max(price, close) + 0.5},{min(price, close) - 0.5},{close},{random.integers(1, 99)}")
        price = close
    return lines


def text_of(lines: Sequence[str], *, header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def check(content: bytes, *, base: Path | None = None, now: int = NOW, **given: Any) -> Checked:
    """Check a file's bytes in a folder of its own, which goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="mb-dataset-"))
    upload = folder / "upload"
    upload.write_bytes(content)
    form = "parquet" if content[:4] == b"PAR1" else "csv"
    asked = {"dataset_id": "dataset_1", "version": 1, "name": "mine", "kind": "candles", "rows_most": 1_000_000} | given
    if asked["kind"] == "candles":
        asked.setdefault("symbol", "ACME")
    spec = ValidateSpec(upload=Upload(path="u", sha256="0" * 64, size=len(content), format=form), **asked)  # type: ignore[arg-type] # by keyword
    return check_dataset(spec, upload=upload, base=base, folder=folder / "out", report=lambda _stage, _done, _total: None, now=now)


def told(checked: Checked) -> list[str]:
    """Return severity and code of what was found."""
    return [f"{finding.severity} {finding.code}" for finding in checked.result.findings]


def only(checked: Checked, code: str) -> Finding:
    [finding] = [finding for finding in checked.result.findings if finding.code == code]
    return finding
