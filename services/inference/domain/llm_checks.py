"""What must hold of an LLM's words before they stand: no price outside the data, grounds among the numbers given, nobody else's words.

The rules are written down in docs/guides/llm.md.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from libs.contracts.analyses import MarketData, Verdict

# How far beyond the lowest low and the highest high a price may lie, as a fraction: room for a stop or a target, not for another market.
TOLERANCE: Final = 0.05
# A number in this many times the range of prices is taken for one, whatever stands before it.
NEAR: Final = 2.0
# How many letters in a row a reasoning may share with what the caller wrote.
ECHO: Final = 40
DATES: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?|\b\d{1,2}:\d{2}(?::\d{2})?\b")
NUMBER: Final = re.compile(
    r"(?P<money>[$€£]\s?)?(?<![\w.,])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<unit>%|[A-Za-z]*)(?:\s*(?P<after>%|[A-Za-z]+))?"
)
WORD: Final = re.compile(r"[A-Za-z%]+|\d[\d.,]*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CURRENCIES: Final = _words("usd usdt usdc busd dollars eur euros")
PRICES: Final = _words(
    "price prices support supports resistance resistances stop target targets profit entry level levels close closes closed high highs low "
    "lows zone trades trading"
)
# What has a number of its own that is no price.
MEASURES: Final = _words(
    "rsi macd adx atr stochastic stoch k d histogram volume ratio volatility confidence score scores strength risk size position period "
    "periods momentum probability odds width deviation deviations share fraction times"
)
COUNTED: Final = _words(
    "candle candles bar bars day days hour hours minute minutes week weeks period periods times strategies indicators timeframes percent "
    "points of x out"
)
# A number right behind one of these is its period.
HAVE_PERIODS: Final = _words("sma ema ma rsi atr adx bollinger stochastic stoch macd volume")
PERIOD_MOST: Final = 400
GROUNDS: Final = re.compile(
    r"\b(rsi|macd|sma|ema|moving averages?|bollinger|atr|adx|stoch\w*|volume|supports?|resistances?|trend\w*|volatility|momentum|model)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Prices:
    """Between which prices the data lies, and the numbers that were given besides."""

    low: float
    high: float
    given: frozenset[float] = frozenset()

    def holds(self, price: float) -> bool:
        """Tell whether a price lies in the data, or beyond it by no more than the tolerance."""
        return self.low * (1 - TOLERANCE) <= price <= self.high * (1 + TOLERANCE)

    def knows(self, number: float, *, digits: str) -> bool:
        """Tell whether a number is one of those given, rounded as it is written."""
        decimals = len(digits.partition(".")[2])
        return any(abs(round(each, decimals) - number) < 10**-9 for each in self.given)


def prices_of(market: MarketData, *, given: Collection[float] = ()) -> Prices:
    """Return between which prices all candles lie, the current price among them."""
    bars = [bar for candles in market.timeframe_data.values() for bar in candles]
    lows, highs = [bar.low for bar in bars], [bar.high for bar in bars]
    return Prices(min([market.current_price, *lows]), max([market.current_price, *highs]), frozenset(given))


def foreign_price(verdict: Verdict, *, prices: Prices) -> float | None:
    """Return a price in a verdict that lies outside of the data; None where there is none."""
    risk, market = verdict.risk_assessment, verdict.market_analysis
    levels = [*market.support_levels, *market.resistance_levels, risk.stop_loss_suggestion, risk.take_profit_suggestion]
    texts = (verdict.reasoning, market.volume_analysis or "")
    quoted = (price for text in texts for price in quoted_prices(text, prices=prices))
    return next((each for each in (*levels, *quoted) if each is not None and not prices.holds(each)), None)


def quoted_prices(text: str, *, prices: Prices) -> Iterator[float]:
    """Yield the numbers of a text that look like prices and are not among those given."""
    plain = DATES.sub(" ", text)
    for found in NUMBER.finditer(plain):
        digits, unit, after = found["digits"].replace(",", ""), found["unit"].lower(), (found["after"] or "").lower()
        value = float(digits) * (1_000 if unit == "k" else 1)
        if unit == "%" or after == "%" or (unit and unit != "k" and unit not in CURRENCIES):
            continue
        money = bool(found["money"]) or unit in CURRENCIES or after in CURRENCIES
        before = [word.lower() for word in WORD.findall(plain[max(0, found.start() - 80) : found.start()])][-5:]
        if (money or _reads_as_price(value, before=before, after=after, prices=prices)) and not prices.knows(value, digits=digits):
            yield value


def _reads_as_price(value: float, *, before: list[str], after: str, prices: Prices) -> bool:
    if after in COUNTED or (before and before[-1] in HAVE_PERIODS and value <= PERIOD_MOST and value.is_integer()):
        return False
    near = prices.low / NEAR <= value <= prices.high * NEAR
    # The nearest word that says of what it is a number.
    kind = next((word for word in reversed(before) if word in MEASURES or word in PRICES), None)
    if kind in MEASURES:
        return False
    return near or kind is not None


def is_grounded(text: str) -> bool:
    """Tell whether a reasoning names any of what it was given."""
    return GROUNDS.search(text) is not None


def repeats(text: str, *, of: Collection[str]) -> bool:
    """Tell whether a text has a long passage of what the caller wrote, case and blanks aside."""
    mine = _letters(text)
    passages = {mine[at : at + ECHO] for at in range(max(0, len(mine) - ECHO + 1))}
    return any(theirs[at : at + ECHO] in passages for theirs in map(_letters, of) for at in range(max(0, len(theirs) - ECHO + 1)))


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value of JSON, keys included."""
    match value:
        case str():
            yield value
        case dict():
            for name, inner in value.items():
                yield from texts_in(name)
                yield from texts_in(inner)
        case list() | tuple():
            for inner in value:
                yield from texts_in(inner)


def stands_on_the_right_side(verdict: Verdict, *, price: float) -> bool:
    """Tell whether stop and target lie where the signal needs them: a long's stop below the price and its target above."""
    stop, target = verdict.risk_assessment.stop_loss_suggestion, verdict.risk_assessment.take_profit_suggestion
    sign = {"Long": 1, "Short": -1, "Neutral": 0}[verdict.signal]
    return not sign or all(sign * side * (level - price) > 0 for level, side in ((stop, -1), (target, 1)) if level is not None)


def _letters(text: str) -> str:
    return " ".join(text.casefold().split())
