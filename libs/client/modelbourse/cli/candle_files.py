"""Candles of one's own, read from CSV and JSON files as they are analysed: by timeframe, the oldest first."""

import csv
import datetime as dt
import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from modelbourse.cli.errors import CommandError
from modelbourse.cli.nearest import did_you_mean
from modelbourse.cli.showing import tell

Candles = dict[str, list[dict[str, float]]]
SECONDS: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "1d": 86400}
# As many as are read of a timeframe.
CANDLES_MOST: Final = 1000
PRICES: Final = ("open", "high", "low", "close", "volume")
TIMES: Final = ("timestamp", "time", "date", "datetime", "open_time", "opened_at")
# A number below this is of seconds, else of milliseconds: 1e11 s is the year 5138.
MILLISECONDS_FROM: Final = 1e11


def read_candles(files: Iterable[str], *, timeframe: str | None) -> Candles:
    """Return the candles of files by timeframe: the one that is told, else by how far they are apart. Raise CommandError, OSError."""
    found: Candles = {}
    for file in files:
        for name, rows in _parts_of(file).items():
            candles = [_candle(row, file=file, number=number) for number, row in enumerate(rows, start=1)]
            candles.sort(key=lambda candle: candle["timestamp"])
            known = name or timeframe or _apart(candles, file=file)
            if known in found:
                raise _refused(file, f"there are candles of {known} in two files: give each timeframe once")
            if known not in SECONDS:
                raise _refused(file, f"there is no timeframe {known!r}; there are {', '.join(SECONDS)}.{did_you_mean(known, SECONDS)}")
            if len(candles) > CANDLES_MOST:
                tell(f"{file}: of {len(candles)} candles the newest {CANDLES_MOST} are sent")
            found[known] = candles[-CANDLES_MOST:]
    return found


def _parts_of(file: str) -> Mapping[str | None, Sequence[Mapping[str, Any]]]:
    """Return rows by the timeframe that the file says; None where it says none."""
    text = (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig", errors="replace")
    if not text.lstrip().startswith(("{", "[")):
        return {None: list(csv.DictReader(io.StringIO(text)))}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _refused(file, f"it is no JSON: {error}") from error
    parts = found.get("timeframe_data", found) if isinstance(found, dict) else {None: found}
    if not isinstance(parts, dict) or not all(
        isinstance(rows, list) and all(isinstance(row, dict) for row in rows) for rows in parts.values()
    ):
        raise _refused(file, 'it holds no candles: a list of {"timestamp": …, "open": …}, or such lists by timeframe')
    return parts


def _candle(row: Mapping[str, Any], *, file: str, number: int) -> dict[str, float]:
    named = {str(name).strip().lower(): value for name, value in row.items()}
    at = next((name for name in TIMES if name in named), None)
    missing = [name for name in PRICES if name not in named] + ([] if at else ["timestamp"])
    if missing or at is None:
        there = ", ".join(named) or "nothing"
        raise _refused(file, f"candle {number} has no {', '.join(missing)}; it has {there}")
    try:
        return {"timestamp": _milliseconds(named[at])} | {name: _number(named[name], name) for name in PRICES}
    except (TypeError, ValueError) as error:
        raise _refused(file, f"candle {number} cannot be read: {error}") from error


def _number(value: Any, name: str) -> float:
    """Return a price, or a volume: an unknown one is 0, which the platform takes for unknown where the price moved."""
    return 0.0 if name == "volume" and value in {None, ""} else float(value)


def _milliseconds(value: Any) -> int:
    """Return a moment in milliseconds since 1970: of a number, or of a text by ISO 8601, which is UTC where it says no offset."""
    try:
        number = float(value)
    except ValueError:
        moment = dt.datetime.fromisoformat(str(value).strip().replace("Z", "+00:00"))
        number = (moment if moment.tzinfo else moment.replace(tzinfo=dt.timezone.utc)).timestamp()
    return round(number * 1000 if abs(number) < MILLISECONDS_FROM else number)


def _apart(candles: Sequence[Mapping[str, float]], *, file: str) -> str:
    """Return the timeframe by the distance that most candles have."""
    steps = Counter(round((after["timestamp"] - before["timestamp"]) / 1000) for before, after in pairwise(candles))
    step = steps.most_common(1)[0][0] if steps else 0
    for name, seconds in SECONDS.items():
        if seconds == step:
            return name
    why = f"its candles are {step} s apart" if steps else "it has fewer than two candles"
    raise _refused(file, f"{why}: say their timeframe by --timeframe ({', '.join(SECONDS)})")


def _refused(file: str, problem: str) -> CommandError:
    return CommandError(f"{file}: {problem}")
