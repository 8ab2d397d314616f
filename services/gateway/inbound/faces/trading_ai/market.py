"""A market as it is sent: candles by timeframe, each looked at, and what is wrong said of the very candle."""

import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from libs.contracts import analyses as contract
from libs.contracts.analyses import STRATEGIES, TIMEFRAMES
from libs.contracts.names import did_you_mean
from libs.contracts.own_candles import SECONDS
from services.gateway.inbound.http.strict_body import Boolean, Number, StrictBody

RISKS: Final = ("Low", "Conservative", "Medium", "Moderate", "High", "Aggressive")
# A day of clocks that are put forward has 23 hours.
SHORTEST: Final = 0.95
# A price that far from the last close is of something else.
FAR: Final = 10.0
PRICE_MOST: Final = 1e12
MILLISECONDS_MOST: Final = 10**14
SHOWN: Final = 60
Price = Annotated[float, Number, Field(gt=0, le=PRICE_MOST, allow_inf_nan=False)]
Volume = Annotated[float, Number, Field(ge=0, le=1e18, allow_inf_nan=False)]
Milliseconds = Annotated[int, Number, Field(gt=0, le=MILLISECONDS_MOST)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Symbol = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class CandleIn(StrictBody):
    """A candle."""

    timestamp: Milliseconds = Field(description="When it opened, in milliseconds since 1970 (UTC).", examples=[1697234400000])
    open: Price = Field(description="The first price.", examples=[67400.0])
    high: Price = Field(description="The highest.", examples=[67550.0])
    low: Price = Field(description="The lowest.", examples=[67350.0])
    close: Price = Field(description="The last.", examples=[67500.5])
    volume: Volume = Field(description="How much was traded.", examples=[1250.5])

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.high < self.low:
            msg = f"high {self.high:g} is below low {self.low:g}."
            raise ValueError(msg)
        if not (self.low <= self.open <= self.high and self.low <= self.close <= self.high):
            msg = f"open {self.open:g} or close {self.close:g} lies outside of low {self.low:g} and high {self.high:g}."
            raise ValueError(msg)
        return self


class MarketIn(StrictBody):
    """Candles of a symbol, and what it costs now."""

    symbol: Symbol = Field(description="Of what; any that you have candles of.", examples=["BTCUSDT"])
    timeframe_data: dict[str, list[CandleIn]] = Field(
        description=f"By timeframe ({', '.join(TIMEFRAMES)}): up to {contract.CANDLES_MOST:,} candles, the oldest first. What needs more "
        "candles than there are is null, and lowers the confidence: 50 of each are enough for everything."
    )
    current_price: Price = Field(description="What it costs now.", examples=[67500.5])
    volume_24h: Volume | None = Field(None, description="What was traded in the last 24 hours.", examples=[50_000_000_000.0])
    timestamp: Milliseconds | None = Field(None, description="When, in milliseconds since 1970; default: now.", examples=[1697234567000])

    @field_validator("timeframe_data", mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        for name, candles in given.items():
            if name not in TIMEFRAMES:
                msg = (
                    f"There is no timeframe '{str(name)[:SHOWN]}'; there are {', '.join(TIMEFRAMES)}.{did_you_mean(str(name), TIMEFRAMES)}"
                )
                raise ValueError(msg)
            if isinstance(candles, list) and len(candles) > contract.CANDLES_MOST:
                msg = f"{name} has {len(candles):,} candles; at most {contract.CANDLES_MOST:,} are read: send the newest."
                raise ValueError(msg)
        if not any(given.values()):
            msg = f"There are no candles: send some of at least one timeframe ({', '.join(TIMEFRAMES)})."
            raise ValueError(msg)
        return given

    @field_validator("timeframe_data")
    @classmethod
    def _in_order(cls, given: dict[str, list[CandleIn]]) -> dict[str, list[CandleIn]]:
        for name, candles in given.items():
            if (wrong := _out_of_order(name, candles)) is not None:
                raise ValueError(wrong)
        return given

    @field_validator("current_price")
    @classmethod
    def _is_near_the_last_close(cls, price: float, info: ValidationInfo) -> float:
        given = info.data.get("timeframe_data", {})
        last = next((candles[-1] for name in TIMEFRAMES if (candles := given.get(name))), None)
        if last is not None and not last.close / FAR <= price <= last.close * FAR:
            msg = f"current_price {price:g} is far from the last close {last.close:g}: is it of the same symbol?"
            raise ValueError(msg)
        return price

    def market(self) -> contract.MarketData:
        """Return the market as inference is asked about it; timeframes without candles are left out."""
        return contract.MarketData.model_validate(
            {
                "symbol": self.symbol,
                "timeframe_data": {name: [dict(each) for each in candles] for name, candles in self.timeframe_data.items() if candles},
                "current_price": self.current_price,
                "volume_24h": self.volume_24h,
                "timestamp": self.timestamp or _now_ms(),
            }
        )


class ContextIn(StrictBody):
    """What you want to be considered besides. Text of it is given to an LLM as data, never as an instruction."""

    selected_strategies: list[str] = Field(
        default_factory=list, max_length=20, description="The signal rests on these alone; none: on all.", examples=[["RSI Strategy"]]
    )
    market_condition: Text | None = Field(None, description="What you take the market for.", examples=["Trending"])
    risk_level: Text | None = Field(None, description=f"What a position may risk: {', '.join(RISKS)}.", examples=["Moderate"])
    user_preferences: dict[str, Any] = Field(default_factory=dict, max_length=50, description="Whatever you prefer.")
    technical_indicators: dict[str, Any] = Field(default_factory=dict, max_length=50, description="Indicators of your own.")

    @field_validator("selected_strategies")
    @classmethod
    def _strategies(cls, given: list[str]) -> list[str]:
        return known_strategies(given)

    @field_validator("risk_level")
    @classmethod
    def _risk(cls, given: str | None) -> str | None:
        if given and given.lower() not in {word.lower() for word in RISKS}:
            msg = f"There is no risk level '{given[:SHOWN]}'; there are {', '.join(RISKS)}.{did_you_mean(given, RISKS)}"
            raise ValueError(msg)
        return given or None


class AnalyzeIn(MarketIn):
    """A market to be analysed."""

    model_config = ConfigDict(json_schema_extra={})

    strategy_context: ContextIn | None = Field(None, description="What you want to be considered besides.")
    masked: Boolean = Field(default=False, description="Ask the LLM without names and dates, too: the difference shows what it remembers.")
    replay: Boolean = Field(default=False, description="Repeat the LLM's kept answer to exactly this, and do not show a recent analysis.")


class RecommendIn(MarketIn):
    """A market, and the strategies that are to be compared."""

    available_strategies: list[str] = Field(
        default_factory=lambda: list[str](STRATEGIES),
        min_length=1,
        max_length=20,
        description="Default: all.",
        examples=[list(STRATEGIES)],
    )

    @field_validator("available_strategies")
    @classmethod
    def _strategies(cls, given: list[str]) -> list[str]:
        return known_strategies(given)


class TrendIn(StrictBody):
    """Whose trend, by which candles that the platform has."""

    symbol: Symbol = Field(description="One that the platform has candles of; `BTCUSDT` has those of `BTC-USD`.", examples=["BTCUSDT"])
    timeframe: str = Field("1h", description="How long a candle is.", examples=["15m"])
    candles: Annotated[int, Number] = Field(
        100, ge=1, le=contract.CANDLES_MOST, description="How many of the newest the rules look at; a model looks at all.", examples=[100]
    )

    @field_validator("timeframe")
    @classmethod
    def _known(cls, given: str) -> str:
        if given not in SECONDS:
            msg = f"There is no timeframe '{given[:SHOWN]}'; there are {', '.join(SECONDS)}.{did_you_mean(given, SECONDS)}"
            raise ValueError(msg)
        return given


def known_strategies(given: Sequence[str]) -> list[str]:
    """Return the strategies, each once. Raise ValueError for one that there is not, with the nearest."""
    for name in given:
        if name not in STRATEGIES:
            msg = f"There is no strategy '{name[:SHOWN]}'; there are {', '.join(STRATEGIES)}.{did_you_mean(name, STRATEGIES)}"
            raise ValueError(msg)
    return list(dict.fromkeys(given))


def _out_of_order(name: str, candles: Sequence[CandleIn]) -> str | None:
    """Return which candle of a timeframe is not where it should be, and why; None where all are."""
    if candles and candles[-1].timestamp > _now_ms() + 1000 * SECONDS[name]:
        return f"{_place(name, len(candles) - 1)}: timestamp {candles[-1].timestamp} lies in the future; timestamps are milliseconds."
    for number, (before, after) in enumerate(pairwise(candles), start=1):
        place, apart = _place(name, number), after.timestamp - before.timestamp
        if apart == 0:
            return f"{place}: timestamp {after.timestamp} is there twice; each candle opens at a time of its own."
        if apart < 0:
            return f"{place}: timestamp {after.timestamp} is older than the one before; the oldest comes first."
        if apart < SHORTEST * 1000 * SECONDS[name]:
            opens = f"timestamp {after.timestamp} is {apart / 1000:g} s after the one before"
            return (
                f"{place}: {opens}, a candle of {name} lasts {SECONDS[name]} s; are these of another timeframe, or timestamps in seconds?"
            )
    return None


def _place(name: str, number: int) -> str:
    """Return where a candle stands in the body, counted from 0 as every path in an error is."""
    return f"timeframe_data.{name}.{number}"


def _now_ms() -> int:
    return int(time.time() * 1000)


MARKET_EXAMPLE: Final[Mapping[str, Any]] = {
    "symbol": "BTCUSDT",
    "timeframe_data": {
        "1h": [{"timestamp": 1697230800000, "open": 67400.0, "high": 67550.0, "low": 67350.0, "close": 67500.5, "volume": 1250.5}],
        "4h": [{"timestamp": 1697220000000, "open": 67000.0, "high": 67800.0, "low": 66900.0, "close": 67500.0, "volume": 5000.0}],
    },
    "current_price": 67500.5,
    "volume_24h": 50_000_000_000.0,
    "timestamp": 1697234567000,
}
