"""Candles as a desk keeps them: day first, in no order, with a row twice, hours that are missing and one in which nobody traded."""

import math
from datetime import UTC, datetime, timedelta
from typing import Final

FIRST: Final = datetime(2024, 1, 15, tzinfo=UTC)
HEADER: Final = "Timestamp,Open,High,Low,Close,Volume,sentiment_score"
MISSING: Final = range(400, 405)


def rows(count: int, *, begin: int = 0) -> list[str]:
    """Return hourly candles, the first of them so many hours after FIRST."""
    told = []
    for hour in range(begin, begin + count):
        opened, closed = (100 + 8 * math.sin(at / 37) + 3 * math.sin(at / 5) for at in (hour, hour + 1))
        mood, volume = math.cos(hour / 11), 1000 + hour % 24 * 50
        prices = f"{opened:.4f},{max(opened, closed) + 0.5:.4f},{min(opened, closed) - 0.5:.4f},{closed:.4f}"
        told.append(f"{FIRST + timedelta(hours=hour):%d/%m/%Y %H:%M},{prices},{volume},{mood:.4f}")
    return told


def messy(count: int = 1500) -> str:
    """Return a file of them with what a check warns of, and nothing that it refuses."""
    # More of them begin earlier: what has not closed yet is refused.
    kept = [row for hour, row in enumerate(rows(count, begin=min(0, 1500 - count))) if hour not in MISSING]
    kept[10], kept[11] = kept[11], kept[10]
    kept.insert(20, kept[20])
    without_trades = kept[50].split(",")
    kept[50] = ",".join([*without_trades[:5], "0", without_trades[6]])
    return "\n".join([HEADER, *kept, ""])


def more(count: int = 48, *, after: int = 1500) -> str:
    """Return the hours that follow."""
    return "\n".join([HEADER, *rows(count, begin=after), ""])


def broken() -> str:
    """Return a file with a candle whose high is below its low."""
    kept = rows(100)
    parts = kept[30].split(",")
    kept[30] = ",".join([parts[0], parts[1], parts[3], parts[2], *parts[4:]])
    return "\n".join([HEADER, *kept, ""])
