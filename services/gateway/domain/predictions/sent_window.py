"""Rows that are sent to be predicted: one window in the order of time, by names that the model knows."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from libs.chassis.errors import InvalidError
from libs.contracts.inference import ROWS_MOST, SentRows
from libs.contracts.names import did_you_mean
from libs.contracts.own_candles import SECONDS
from libs.quant.columns import parse_column
from libs.quant.grammar import UnknownFeatureError, parse_feature
from services.gateway.domain.dates import in_utc
from services.gateway.domain.predictions.rows import LARGEST
from services.gateway.domain.problems import Problems

ROWS: Final = "data.features"
TIMES: Final = "data.timestamps"
PRICES: Final = ("price_open", "price_high", "price_low", "price_close")
RAW: Final = (*PRICES, "volume")
SHOWN: Final = 60
TOLD_MOST: Final = 10
NAMES_MOST: Final = 200
# Moments of rows: from the first that calendars know, until so long after now. What rows are about lies within them, too.
EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
AHEAD_MOST: Final = timedelta(days=36_525)


@dataclass(frozen=True, slots=True)
class Window:
    """Rows that can be answered, when the last one was known, which moment is predicted, and names that the model does not look at."""

    sent: SentRows
    ignored: tuple[str, ...]
    input_hash: str
    predicted_for: datetime

    @property
    def at(self) -> datetime:
        """The moment of the last row."""
        return self.sent.times[-1]


def read_window(
    rows: Sequence[Mapping[str, Any]],
    times: Sequence[str] | None,
    *,
    features: Sequence[str],
    timeframe: str,
    horizon: int,
    now: datetime,
    ahead: timedelta | None = None,
) -> Window:
    """Return the window of a request; without `times` its last row is of now, and its rows lie a candle apart.

    What is predicted lies `horizon` steps after the last row, a step being what lies between the last two; or `ahead` of it, where sessions
    are counted.

    Raise InvalidError that names every problem: names, with the nearest right ones, numbers, lengths, an order that is not that of time.
    """
    problems: Problems = {}
    length = timedelta(seconds=SECONDS[timeframe])
    moments = (
        _moments(times, now + AHEAD_MOST, problems) if times is not None else [now - length * back for back in range(len(rows) - 1, -1, -1)]
    )
    if not 1 <= len(rows) <= ROWS_MOST:
        problems[ROWS] = [f"There are {len(rows)} rows; 1 to {ROWS_MOST} are answered."]
    elif times is not None and len(times) != len(rows):
        problems.setdefault(TIMES, []).append(f"There are {len(times)} timestamps for {len(rows)} rows: each row has one.")
    names, ignored = _names(rows, features, problems)
    columns = {} if ROWS in problems else _columns(rows, names, problems)
    step = moments[-1] - moments[-2] if len(moments) > 1 else length
    if TIMES not in problems and step > (now + AHEAD_MOST - moments[-1]) / horizon:
        problems[TIMES] = [
            f"The last two are {step.days} days apart, and {horizon} such steps after the last nobody looks: mind their order."
        ]
    if problems:
        message = "The rows cannot be predicted: see the details."
        raise InvalidError(message, details=problems)
    return Window(
        SentRows(times=tuple(moments), columns=columns),
        ignored,
        _hash(columns, None if times is None else moments),
        moments[-1] + (ahead or step * horizon),
    )


def _moments(times: Sequence[str], latest: datetime, problems: Problems) -> list[datetime]:
    found: list[datetime] = []
    for number, text in enumerate(times):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            problems.setdefault(TIMES, []).append(f"{number}: '{text[:SHOWN]}' is no moment such as 2026-06-05T16:00:00Z.")
            break
        if at.tzinfo is None:
            problems.setdefault(TIMES, []).append(f"{number}: '{text[:SHOWN]}' has no time zone: write Z behind one of UTC.")
            break
        if found and at <= found[-1]:
            problems.setdefault(TIMES, []).append(f"{number}: '{text[:SHOWN]}' is not after the one before: the oldest row comes first.")
            break
        if not EARLIEST <= at <= latest:
            within = f"{EARLIEST:%Y-%m-%d} to {latest:%Y-%m-%d}"
            problems.setdefault(TIMES, []).append(f"{number}: '{text[:SHOWN]}' is too far away: rows are of {within}.")
            break
        found.append(in_utc(at))
    return found


def _names(rows: Sequence[Mapping[str, Any]], features: Sequence[str], problems: Problems) -> tuple[list[str], tuple[str, ...]]:
    """Return the names that are read, and those that the model does not look at; what is near a name that it lacks is a typo."""
    given = list(rows[0]) if rows else []
    if len(given) > NAMES_MOST:
        problems.setdefault(ROWS, []).append(f"A row has {len(given)} values; at most {NAMES_MOST}.")
        return [], ()
    known = {*features, *RAW, *(name for name in given if any(_is_lag(each, name) for each in features))}
    used, strange = [name for name in given if name in known], [name for name in given if name not in known]
    lacking = [name for name in [*features, *RAW] if name not in given]
    typos = [f"Unknown feature '{name[:SHOWN]}'.{hint}" for name in strange if (hint := did_you_mean(name, lacking))]
    missing = [f"'{name}' is missing: the model was trained on it." for name in features if name not in given and not _computed(name, used)]
    if texts := (typos + missing)[:TOLD_MOST]:
        problems.setdefault(ROWS, []).extend(texts)
    return used, tuple(name for name in strange)


def _is_lag(feature: str, column: str) -> bool:
    return parse_column(feature, (column,)) is not None


def _computed(name: str, used: Sequence[str]) -> bool:
    """Tell whether a feature may be computed from what is given; inference says what it lacks for that."""
    if name in RAW:
        return False
    try:
        parse_feature(name)
    except UnknownFeatureError:
        return parse_column(name, used) is not None
    return True


def _columns(rows: Sequence[Mapping[str, Any]], names: Sequence[str], problems: Problems) -> dict[str, tuple[float, ...]]:
    texts = [
        f"{number}.{name}: {wrong}" for number, row in enumerate(rows) for name in names if (wrong := _wrong_number(row.get(name), of=name))
    ]
    texts = texts or [f"{number}.{wrong}" for number, row in enumerate(rows) if (wrong := _wrong_candle(row))]
    if texts:
        more = [f"And {len(texts) - TOLD_MOST} more."] if len(texts) > TOLD_MOST else []
        problems[ROWS] = texts[:TOLD_MOST] + more
        return {}
    return {name: tuple(float(row[name]) for row in rows) for name in names}


def _wrong_number(value: Any, *, of: str) -> str | None:
    """Return what is wrong with a value; a price is above 0, and nothing is traded less than not at all."""
    if type(value) not in (int, float) or not math.isfinite(value):
        return "must be a number."
    if abs(value) > LARGEST:
        return f"is too large: models take numbers up to {LARGEST:g}."
    if of in PRICES and value <= 0:
        return "must be above 0, as prices are."
    return "must not be below 0." if of == "volume" and value < 0 else None


def _wrong_candle(row: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a row's prices as those of one candle, as far as they are given."""
    given = {name: row[name] for name in PRICES if name in row}
    if (high := given.get("price_high")) is not None and (above := next((name for name in given if given[name] > high), None)):
        return f"price_high: must not be below {above}, which is {given[above]:g}."
    if (low := given.get("price_low")) is not None and (below := next((name for name in given if given[name] < low), None)):
        return f"price_low: must not be above {below}, which is {given[below]:g}."
    return None


def _hash(columns: Mapping[str, Sequence[float]], moments: Sequence[datetime] | None) -> str:
    """Return the SHA-256 of what was sent, whatever the order of its names; where no times were sent, none count."""
    told = {"columns": columns, "times": None if moments is None else [at.timestamp() for at in moments]}
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
