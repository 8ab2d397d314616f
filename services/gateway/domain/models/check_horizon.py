"""How far a target's name says that it looks ahead, and in what that is counted: candles, or sessions of the symbols' calendars."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.contracts.training import ModelType
from libs.contracts.training_config import CheckedConfig
from libs.market.age import instrument_of
from libs.market.calendar_names import CALENDARS
from libs.market.own import OwnCatalogue
from libs.market.plain_bars import session_bars, week_sessions
from libs.quant.targets import HORIZON_MOST, Target, UnknownTargetError, parse_target
from services.gateway.domain.problems import Problems

FIELD: Final = "training_config.horizon"
COUNTED: Final = "training_config.horizon_in"


def with_horizon(
    config: CheckedConfig, *, target: str, model_type: ModelType | None, asked: Mapping[str, Any] | None, own: OwnCatalogue
) -> tuple[CheckedConfig, Problems]:
    """Return the configuration with the horizon that a target names, and what is wrong with asking for both.

    Days and weeks on candles shorter than a day are counted in sessions, unless candles are asked for, by `horizon_in` or by a horizon that
    is as many candles as there are in so many hours; forecasters always count candles. Of sessions the horizon is how many candles that
    usually is: training finds out how many at most.
    """
    wanted = parse_target(target)
    sessions = wanted.counts_sessions(config.timeframe) and model_type is not ModelType.TIME_SERIES
    if config.horizon_in == "sessions" and not sessions:
        text = f"'{target}' is counted in candles: sessions are of days and weeks on candles shorter than a day, and not of forecasters."
        return config, {COUNTED: [text]}
    given = asked.get("horizon") if asked else None
    try:
        if sessions and config.horizon_in != "candles" and not _means_candles(wanted, config, given):
            bars = _usual_bars(wanted, timeframe=config.timeframe, symbols=config.symbols, own=own)
            config = config.model_copy(update={"horizon_in": "sessions"})
        else:
            bars = wanted.horizon(config.timeframe, default=config.horizon)
    except UnknownTargetError as error:
        return config, dict(error.details)
    if given is not None and config.horizon != bars:
        candles = f"{bars} {'candle' if bars == 1 else 'candles'} of {config.timeframe}"
        text = f"'{target}' looks {candles} ahead: leave horizon out, or say {bars}."
        return config, {FIELD: [text]}
    return config.model_copy(update={"horizon": bars}), {}


def _means_candles(target: Target, config: CheckedConfig, given: Any) -> bool:
    """Tell whether a horizon is given that counts candles round the clock, as those of trainings from before sessions were counted do."""
    if given is None or config.horizon_in is not None:
        return False
    try:
        return target.horizon(config.timeframe) == config.horizon
    except UnknownTargetError:
        return False


def _usual_bars(target: Target, *, timeframe: str, symbols: Sequence[str], own: OwnCatalogue) -> int:
    """Return how many candles ahead the target usually is, of the symbol of which it is most. Raise UnknownTargetError for too many."""
    found = []
    for symbol in symbols:
        mine, shipped = own.behind(symbol, timeframe=timeframe), instrument_of(symbol)
        calendar = mine.calendar if mine else CALENDARS[shipped.asset_class if shipped else "equity"]
        found.append(target.count * session_bars(calendar, timeframe) * (week_sessions(calendar) if target.unit == "week" else 1))
    if (bars := max(found)) > HORIZON_MOST:
        msg = f"'{target.name}' looks {bars} candles of {timeframe} ahead, and may look {HORIZON_MOST}: ask for longer candles."
        raise UnknownTargetError(msg)
    return bars
