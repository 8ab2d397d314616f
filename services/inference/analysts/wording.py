"""What the technical analyst says in words: each sentence names the indicators that it rests on."""

from collections.abc import Sequence
from typing import Final

from libs.contracts.analyses import STRATEGIES, ModelView
from libs.quant.analysis import stances
from libs.quant.analysis.reading import Reading
from libs.quant.analysis.verdict import Opinion

BUSY: Final = 1.5
QUIET: Final = 0.5
HIGH_RSI: Final = 70.0
LOW_RSI: Final = 30.0


def reasoning_of(opinion: Opinion, readings: Sequence[Reading], *, symbol: str, modelled: ModelView | None) -> str:
    """Return why the signal is what it is, by the longest timeframe's indicators and by how far the timeframes agree."""
    if opinion.direction is None:
        return f"Neutral: there are too few candles of {symbol} for any strategy; nothing is known of it."
    frames = _joined([each.timeframe for each in readings])
    said = [f"{opinion.signal} by the rules of the technical analyst on {frames}: all together say {opinion.direction:+.2f} of -1 to 1"]
    said += _indicators(readings[-1])
    if len(readings) > 1:
        side = 1.0 if opinion.direction > 0 else -1.0
        with_it = [each.timeframe for each in readings if (each.direction(STRATEGIES) or 0.0) * side > 0]
        said.append(f"{len(with_it)} of {len(readings)} timeframes point that way")
    if modelled is not None:
        sure = "" if modelled.confidence is None else f" with {modelled.confidence:.2f}"
        said.append(f"the deployed model {modelled.model_id} {modelled.version} says {modelled.prediction}{sure}")
    return "; ".join(said) + "."


def _indicators(reading: Reading) -> list[str]:
    """Return what the indicators of one timeframe say, of those that have a value."""
    values, name = reading.values, reading.timeframe
    rsi, adx, k = values["rsi_14"], values["adx_14"], values["stoch_k"]
    line, signal, sma = values["macd"], values["macd_signal"], values["sma_50"]
    said = []
    if adx is not None:
        said.append(f"ADX 14 of {name} is {adx:.1f}, {'a trend' if adx >= stances.TRENDING else 'no trend'}")
    if rsi is not None:
        word = " (overbought)" if rsi >= HIGH_RSI else " (oversold)" if rsi <= LOW_RSI else ""
        said.append(f"RSI 14 is {rsi:.1f}{word}")
    if line is not None and signal is not None:
        where = _where(line, signal, price=reading.close)
        said.append(f"MACD is {where} its signal ({line:.6g} and {signal:.6g})")
    if k is not None:
        said.append(f"slow stochastic %K is {k:.1f}")
    if sma is not None:
        where = _where(reading.close, sma, price=reading.close)
        said.append(f"the close is {where} its SMA 50 ({sma:.6g})")
    return said


def _where(value: float, other: float, *, price: float) -> str:
    return {1.0: "above", -1.0: "below"}.get(stances.side_of(value, other, price=price), "at")


def volume_words(readings: Sequence[Reading]) -> str | None:
    """Return what volume says, by the longest timeframe that has one; None where none has."""
    for reading in reversed(readings):
        ratio = reading.values["volume_ratio"]
        if ratio is None:
            continue
        word = "High" if ratio >= BUSY else "Low" if ratio <= QUIET else "Usual"
        rises = float(reading.bars.close[-1]) - float(reading.bars.open[-1])
        candle = "a rising" if rises > 0 else "a falling" if rises < 0 else "an unchanged"
        trend = reading.trend or 0.0
        bears = " confirming" if trend * rises > 0 else " against" if trend * rises < 0 else ""
        towards = f",{bears} the {'uptrend' if trend > 0 else 'downtrend'}" if bears else ""
        return f"{word} volume on {reading.timeframe}: {ratio:.2f} times its mean of 20 candles, on {candle} candle{towards}"
    return None


def why_suitable(readings: Sequence[Reading], name: str, *, symbol: str, score: float | None) -> str:
    """Return why a strategy suits a market or does not."""
    if score is None:
        return f"Nothing can be said of {name} on {symbol}: too few candles on every timeframe, or no volume."
    known = [each for each in readings if each.stances[name] is not None]
    longest = known[-1]
    adx, stance = longest.values["adx_14"], longest.stances[name] or 0.0
    follows = name in stances.FOLLOWERS
    market = (
        f"it is not known how much {longest.timeframe} trends (ADX needs 28 candles)"
        if adx is None
        else f"ADX 14 of {longest.timeframe} is {adx:.1f}, {'a trend' if adx >= stances.TRENDING else 'no trend'}"
    )
    does = "follows trends" if follows else "expects the price to turn"
    side = "long" if stance > 0 else "short" if stance < 0 else "neither way"
    frames = _joined([each.timeframe for each in known])
    return f"{name} {does}, and {market}; its own word is {side} ({stance:+.2f}). Score {score:.2f} over {frames}."


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
