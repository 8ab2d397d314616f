"""What an LLM is given of a market: the technical analyst's numbers, and masked the same without names, dates and prices' own scale."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from libs.contracts.analyses import Analysis, Analyze, Verdict
from services.inference.domain.llm_checks import Prices, prices_of

# The newest closes of each timeframe that are given.
CLOSES: Final = 12
DIGITS: Final = 6
# Letters of JSON that the caller may add to a prompt, which are paid for.
CALLER_MOST: Final = 4_000
TOO_LONG: Final = {"left_out": f"what the caller says is longer than {CALLER_MOST} letters"}
MASKED_PRICE: Final = 100.0
# Indicators in the unit of prices; those of volume tell an asset apart, and are left out where it is masked.
IN_PRICES: Final = ("sma", "ema", "bb", "macd", "atr", "close", "vwap")
IN_VOLUME: Final = ("volume_sma", "obv")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is given (JSON), between which prices an answer must stay, and by what its prices are divided to be in the data's unit."""

    data: dict[str, Any]
    prices: Prices
    price: float
    scale: float


def facts_of(ask: Analyze, technical: Analysis, *, masked: bool) -> Facts:
    """Return what an LLM is told. Masked, the current price is 100, and nothing says which market it is, or when."""
    market = ask.market
    scale = MASKED_PRICE / market.current_price if masked else 1.0
    closes = {str(frame): candles.close[-CLOSES:] for frame, candles in market.timeframe_data.items()}
    frames = {
        frame: {
            "indicators": {
                name: _shown(value, name, scale) for name, value in named.items() if not (masked and name.startswith(IN_VOLUME))
            },
            "closes": [_rounded(close * scale) for close in closes.get(frame, ())],
        }
        for frame, named in technical.indicators.items()
    }
    prices = prices_of(market)
    data: dict[str, Any] = {
        "current_price": _rounded(market.current_price * scale),
        "lowest_low": _rounded(prices.low * scale),
        "highest_high": _rounded(prices.high * scale),
        "timeframes": frames,
        "technical": _technical(technical, scale),
        "strategies": sorted(technical.strategy_scores),
    }
    if not masked:
        # By the newest candle and not by the clock, so that the same candles are the same question.
        data |= {"symbol": ask.symbol, "as_of_ms": max(candles.timestamp[-1] for candles in market.timeframe_data.values() if candles)}
    given = frozenset(numbers_in(data))
    return Facts(data, Prices(prices.low * scale, prices.high * scale, given), market.current_price * scale, scale)


def caller_of(ask: Analyze) -> dict[str, Any]:
    """Return what the caller says besides, but for what is empty; nothing of it where it is too long."""
    said = {name: value for name, value in ask.context.model_dump(mode="json").items() if value} if ask.context else {}
    return said if len(orjson.dumps(said)) <= CALLER_MOST else dict(TOO_LONG)


def unmasked(verdict: Verdict, *, scale: float) -> Verdict:
    """Return a verdict with its levels in the data's unit; prices in its words stay as they were said: in percent of the current one."""

    def back(level: float | None) -> float | None:
        return None if level is None else _rounded(level / scale)

    market, risk = verdict.market_analysis, verdict.risk_assessment
    levels = {name: tuple(_rounded(each / scale) for each in getattr(market, name)) for name in ("support_levels", "resistance_levels")}
    ends = {name: back(getattr(risk, name)) for name in ("stop_loss_suggestion", "take_profit_suggestion")}
    return verdict.model_copy(update={"market_analysis": market.model_copy(update=levels), "risk_assessment": risk.model_copy(update=ends)})


def numbers_in(value: Any) -> Iterator[float]:
    """Yield every number in a value of JSON."""
    match value:
        case bool() | None | str():
            return
        case int() | float():
            yield float(value)
        case dict():
            for inner in value.values():
                yield from numbers_in(inner)
        case list() | tuple():
            for inner in value:
                yield from numbers_in(inner)


def _technical(technical: Analysis, scale: float) -> dict[str, Any]:
    market, risk = technical.market_analysis, technical.risk_assessment

    def scaled(level: float | None) -> float | None:
        return None if level is None else _rounded(level * scale)

    told: dict[str, Any] = {
        "signal": technical.signal,
        "confidence": _rounded(technical.confidence),
        "trend": market.trend_direction,
        "trend_strength": market.trend_strength,
        "support_levels": [scaled(each) for each in market.support_levels],
        "resistance_levels": [scaled(each) for each in market.resistance_levels],
        "volatility": market.volatility_level,
        "condition": technical.condition.condition_type,
        "phase": technical.condition.market_phase,
        "risk": risk.overall_risk,
        "position_size_most": risk.recommended_position_size,
        "stop_loss": scaled(risk.stop_loss_suggestion),
        "take_profit": scaled(risk.take_profit_suggestion),
        "strategy_scores": dict(technical.strategy_scores),
    }
    if (view := technical.model_view) is not None:
        told["trained_model"] = {"prediction": view.prediction, "confidence": view.confidence}
    return told


def _shown(value: float | None, name: str, scale: float) -> float | None:
    return None if value is None else _rounded(value * scale if name.startswith(IN_PRICES) else value)


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
