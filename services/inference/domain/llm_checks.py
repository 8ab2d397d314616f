"""What must hold of an LLM's words before they stand: no price outside the data, grounds among the numbers given, nobody else's words.

The rules are written down in docs/guides/llm.md.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from libs.contracts.analyses import Verdict
from libs.contracts.sent_candles import MarketData

# How far beyond the lowest low and the highest high a price may lie, as a fraction: room for a stop or a target, not for another market.
TOLERANCE: Final = 0.05
# A number of this many times the range of prices is taken for one, unless it is told what else it is.
SCALE: Final = 10.0
# How many letters in a row a reasoning may share with what the caller wrote.
ECHO: Final = 40
DATES: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?|\b\d{1,2}:\d{2}(?::\d{2})?\b")
# `3 of 5`, and the parameters of an indicator: `MACD (12, 26, 9)`, `EMA 9/21`.
PARTS: Final = re.compile(
    r"\b\d (?:out )?of \d\b"
    r"|(?<=[A-Za-z])\s?\(\s*\d{1,3}(?:\s*[,/]\s*\d{1,3}(?:\.\d)?)*\s*\)|(?<=[A-Za-z]) \d{1,3}/\d{1,3}(?:/\d{1,3})?\b"
)
NUMBER: Final = re.compile(
    r"(?P<money>[$€£]\s?)?(?<![\w.,])(?P<digits>\d{1,3}(?:[,'_ \u00a0\u202f]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"(?P<unit>%|[A-Za-z]*)(?:[\s-]*(?P<after>%|[A-Za-z]+))?(?:\s+(?P<then>[A-Za-z]+))?"
)
WORD: Final = re.compile(r"[A-Za-z%]+|\d[\d.,]*")
BETWEEN: Final = re.compile(r"[,'_\s]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCALES: Final = {
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mn", "mio", "million"), 1e6),
    **dict.fromkeys(("b", "bn", "billion"), 1e9),
}
CURRENCIES: Final = _words("usd usdt usdc busd dollar dollars eur euro euros")
PRICES: Final = _words(
    "price prices support supports resistance resistances stop target targets profit entry level levels close closes closed high highs low "
    "lows zone trades trading"
)
# What has a number of its own that is no price, and how large that may be: of oscillators and shares, as a fraction of the highest price,
# and of what is between 0 and 1.
UP_TO_100: Final = _words("rsi adx stochastic stoch %k %d ratio confidence score scores probability odds")
PART_OF_PRICE: Final = _words("macd histogram atr width deviation deviations")
UP_TO_1: Final = _words("volume momentum strength volatility risk size position share fraction")
MEASURES: Final = UP_TO_100 | PART_OF_PRICE | UP_TO_1
PART: Final = 0.2
# What may stand between a measure and its number.
JOINING: Final = _words(
    "of is are was were at a an the now still only about around near and or from to up down rose rises rising fell falls falling turned "
    "turns crossed above below over under back remains stays reads reading says strategy strategies line value"
)
PERCENT: Final = _words("% percent")
COUNTED: Final = _words(
    "candle candles bar bars day days hour hours minute minutes week weeks period periods times strategies indicators timeframes points x"
)
COUNTED_MOST: Final = 1_000
# A number right behind one of these is its period.
HAVE_PERIODS: Final = _words("sma ema ma rsi atr adx bollinger stochastic stoch macd volume period periods")
PERIOD_MOST: Final = 400
GROUNDS: Final = re.compile(
    r"\b(rsi|macd|sma|ema|moving averages?|bollinger|atr|adx|stoch\w*|volume|supports?|resistances?|trend\w*|volatility|momentum|model)\b",
    re.IGNORECASE,
)

ELSEWHERE: Final = re.compile(
    r"://|\bwww\.|\S@\w|@\w{3}|\]\(|<\s*[a-z/!]|`|\b[a-z\d-]+\.(?:com|net|org|io|co|app|xyz|me|ru|cn)\b", re.IGNORECASE
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

    def knows(self, digits: str, *, scale: float) -> bool:
        """Tell whether a number is one of those given, rounded as it is written: 61.2 thousand is 61,234.5, too."""
        decimals, number = len(digits.partition(".")[2]), float(digits)
        return any(abs(round(each / scale, decimals) - number) < 10**-9 for each in self.given)


def prices_of(market: MarketData, *, given: Collection[float] = ()) -> Prices:
    """Return between which prices all candles lie, the current price among them."""
    candles = [each for each in market.timeframe_data.values() if each]
    low = min([market.current_price, *(min(each.low) for each in candles)])
    high = max([market.current_price, *(max(each.high) for each in candles)])
    return Prices(low, high, frozenset(given))


def foreign_price(verdict: Verdict, *, prices: Prices) -> float | None:
    """Return a price in a verdict that lies outside of the data; None where there is none."""
    risk, market = verdict.risk_assessment, verdict.market_analysis
    levels = [*market.support_levels, *market.resistance_levels, risk.stop_loss_suggestion, risk.take_profit_suggestion]
    texts = (verdict.reasoning, market.volume_analysis or "")
    quoted = (price for text in texts for price in quoted_prices(text, prices=prices))
    return next((each for each in (*levels, *quoted) if each is not None and not prices.holds(each)), None)


def quoted_prices(text: str, *, prices: Prices) -> Iterator[float]:
    """Yield the numbers of a text that look like prices and are not among those given."""
    plain = PARTS.sub(" ", DATES.sub(" ", text))
    for found in NUMBER.finditer(plain):
        digits, words = BETWEEN.sub("", found["digits"]), [found[name] for name in ("unit", "after", "then") if found[name]]
        before = [word.lower() for word in WORD.findall(plain[max(0, found.start() - 80) : found.start()])][-5:]
        money = bool(found["money"]) or before[-1:] in [[each] for each in CURRENCIES]
        # `15m` are minutes, `$15m` and `15M` are millions.
        scale = 1.0 if words[:1] == ["m"] and not money else SCALES.get(words[0].lower(), 1.0) if words else 1.0
        behind = [word.lower() for word in words[(scale > 1) :]]
        money = money or any(word in CURRENCIES for word in behind[:1])
        value = float(digits) * scale
        is_unit = bool(found["unit"]) and scale == 1 and value <= COUNTED_MOST
        if (money or (not is_unit and _reads_as_price(value, before=before, behind=behind, prices=prices))) and not prices.knows(
            digits, scale=scale
        ):
            yield value


def _reads_as_price(value: float, *, before: list[str], behind: list[str], prices: Prices) -> bool:
    if behind and (behind[0] in PERCENT or (behind[0] in COUNTED and value <= COUNTED_MOST)):
        return False
    if before and before[-1] in HAVE_PERIODS and value <= PERIOD_MOST and value.is_integer():
        return False
    # The nearest word that says of what it is a number.
    at = next((at for at in reversed(range(len(before))) if before[at] in MEASURES or before[at] in PRICES), None)
    kind = None if at is None else before[at]
    if kind in MEASURES and all(word in JOINING or word[0].isdigit() or word in MEASURES for word in before[(at or 0) + 1 :]):
        most = 100.0 if kind in UP_TO_100 else PART * prices.high if kind in PART_OF_PRICE else 1.0
        if value <= most:
            return False
    return kind in PRICES or prices.low / SCALE <= value <= prices.high * SCALE


def is_grounded(text: str) -> bool:
    """Tell whether a reasoning names any of what it was given."""
    return GROUNDS.search(text) is not None


def leads_elsewhere(text: str) -> bool:
    """Tell whether a text holds an address (of a page, of mail, of a person on a network) or markup."""
    return ELSEWHERE.search(text) is not None


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
