"""What makes an environment one that agents can learn in: its candles are there, and so is all that they are to see."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.environments import STATES, TradingEnvironment
from libs.contracts.names import did_you_mean
from libs.market.catalogue import Instrument, first_day
from libs.market.own import DAYS_A_YEAR, OwnCatalogue, check_instrument
from libs.market.windows import common_days
from services.gateway.domain.models.check_features import check_features
from services.gateway.domain.problems import SHOWN, Problems

BARS_LEAST: Final = 30
"""Bars that are learned from, and that are played to see what was learned, beside those that the first state looks back at."""
BESIDE: Final = f"Beside features there are {', '.join(STATES)}."


def check_environment(spec: TradingEnvironment, *, own: OwnCatalogue, synthetic_allowed: bool, learns: bool) -> Problems:
    """Return what is wrong by field of the environment: a symbol without candles, a day outside them, an unknown column.

    Where an agent `learns` from its days, and is evaluated on the newest of them, they have to be enough for both.
    """
    problems = _state_problems(spec, own=own)
    bars = []
    for symbol in spec.symbols:
        with _noted(problems):
            instrument = check_instrument(symbol, timeframe=spec.timeframe, own=own, synthetic_allowed=synthetic_allowed)
            bars.append(_check_days(instrument, spec))
    if bars and not problems:
        with _noted(problems):
            common_days(spec.symbols, timeframe=spec.timeframe, start=spec.start_date, end=spec.end_date, own=own)
        if learns and (fewest := min(bars)) < 2 * spec.window + BARS_LEAST:
            few = f"There are about {fewest} bars, too few to look back at {spec.window} of them, to learn, and to be evaluated."
            problems.setdefault("window", []).append(f"{few} Take a smaller window, more days or a shorter timeframe.")
    return problems


def _state_problems(spec: TradingEnvironment, *, own: OwnCatalogue) -> Problems:
    """Check what is to be seen: the environment's own states, and columns of the feature grammar."""
    names, problems = spec.state_space, []
    for number, name in enumerate(names):
        if name in names[:number]:
            problems.append(f"'{name[:SHOWN]}' stands there twice.")
        elif name not in STATES and (texts := _feature_problems(name, spec, own=own)):
            hint = did_you_mean(name, STATES)
            problems.append(f"Unknown state '{name[:SHOWN]}'.{hint}" if hint else f"{texts[0]} {BESIDE}")
    return {"state_space": problems} if problems else {}


def _feature_problems(name: str, spec: TradingEnvironment, *, own: OwnCatalogue) -> list[str]:
    return check_features([name], symbols=spec.symbols, timeframe=spec.timeframe, own=own).get("features", [])


def _check_days(instrument: Instrument, spec: TradingEnvironment) -> int:
    """Return of about how many bars the days are. Raise InvalidError that names those outside of what there is."""
    first, last = first_day(instrument, timeframe=spec.timeframe), instrument.end
    there = f"{instrument.symbol} has {spec.timeframe} candles from {first} to {last}."
    given: dict[str, date | None] = {"start_date": spec.start_date, "end_date": spec.end_date}
    if outside := {name: [f"{there} There are none on {day}."] for name, day in given.items() if day and not first <= day <= last}:
        raise InvalidError(there, details=outside)
    days = ((spec.end_date or last) - (spec.start_date or first)).days + 1
    return round(days / DAYS_A_YEAR * instrument.timeframes[spec.timeframe])


@contextmanager
def _noted(problems: Problems) -> Iterator[None]:
    """Add what is refused inside to the problems, each text once a field."""
    try:
        yield
    except InvalidError as error:
        for field, texts in (error.details or {"symbols": [error.message]}).items():
            known = problems.setdefault("symbols" if field == "symbol" else field, [])
            known += [text for text in texts if text not in known]
