"""A market as it is sent: candles by timeframe, each looked at, and what is wrong said of the very candle."""

import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from libs.contracts.analyses import STRATEGIES, TIMEFRAMES
from libs.contracts.names import did_you_mean
from libs.contracts.own_candles import SECONDS
from libs.contracts.sent_candles import CANDLES_MOST, CandleColumns, MarketData
from services.gateway.domain.signals.sent_candles import misplaced, mistimed
from services.gateway.inbound.faces.trading_ai.candles import Milliseconds, Price, SentCandles, Volume
from services.gateway.inbound.http.strict_body import Boolean, Number, StrictBody

RISKS: Final = ("Low", "Conservative", "Medium", "Moderate", "High", "Aggressive")
# A price that far from the last close is of something else.
FAR: Final = 10.0
SHOWN: Final = 60
# Six thousand candles and this are one message on the bus.
CONTEXT_MOST: Final = 100_000
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Symbol = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class MarketIn(StrictBody):
    """Candles of a symbol, and what it costs now."""

    symbol: Symbol = Field(description="Of what; any that you have candles of.", examples=["BTCUSDT"])
    timeframe_data: dict[str, SentCandles] = Field(
        description=f"By timeframe ({', '.join(TIMEFRAMES)}): up to {CANDLES_MOST:,} candles, the oldest first. What needs more "
        "candles than there are is null, and lowers the confidence: 50 of each are enough for everything. One that is not closed at "
        "`timestamp` is left out; holes and candles of long before lower the confidence: `warnings` says so."
    )
    current_price: Price = Field(description="What it costs now.", examples=[67500.5])
    volume_24h: Volume | None = Field(
        None,
        description="What was traded in the last 24 hours, in the candles' unit or in money: compared with the candles' days before.",
        examples=[50_000_000_000.0],
    )
    timestamp: Milliseconds | None = Field(
        None,
        validate_default=True,
        description="The moment that the candles are looked at, in milliseconds since 1970; default: now.",
        examples=[1697234567000],
    )

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
            if isinstance(candles, list) and len(candles) > CANDLES_MOST:
                msg = f"{name} has {len(candles):,} candles; at most {CANDLES_MOST:,} are read: send the newest."
                raise ValueError(msg)
        if not any(given.values()):
            msg = f"There are no candles: send some of at least one timeframe ({', '.join(TIMEFRAMES)})."
            raise ValueError(msg)
        return given

    @field_validator("timeframe_data")
    @classmethod
    def _in_order(cls, given: dict[str, CandleColumns]) -> dict[str, CandleColumns]:
        for name, candles in given.items():
            if (wrong := misplaced(name, candles)) is not None:
                raise ValueError(wrong)
        return given

    @field_validator("current_price")
    @classmethod
    def _is_near_the_last_close(cls, price: float, info: ValidationInfo) -> float:
        given = info.data.get("timeframe_data", {})
        last = next((candles.close[-1] for name in TIMEFRAMES if (candles := given.get(name))), None)
        if last is not None and not last / FAR <= price <= last * FAR:
            msg = f"current_price {price:g} is far from the last close {last:g}: is it of the same symbol?"
            raise ValueError(msg)
        return price

    @field_validator("timestamp")
    @classmethod
    def _is_their_moment(cls, given: int | None, info: ValidationInfo) -> int:
        moment, candles = given or int(time.time() * 1000), info.data.get("timeframe_data", {})
        if (wrong := mistimed(candles, at_ms=moment)) is not None:
            raise ValueError(wrong)
        return moment

    def market(self, *, hours: str | None) -> MarketData:
        """Return the market, traded at these hours, as inference is asked about it; timeframes without candles are left out."""
        return MarketData.model_validate(
            {
                "symbol": self.symbol,
                "timeframe_data": {name: candles for name, candles in self.timeframe_data.items() if candles},
                "current_price": self.current_price,
                "volume_24h": self.volume_24h,
                "timestamp": self.timestamp,
                "hours": hours,
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

    @model_validator(mode="after")
    def _is_short(self) -> Self:
        size = len(self.model_dump_json().encode())
        if size > CONTEXT_MOST:
            msg = f"strategy_context has {size:,} bytes of JSON; at most {CONTEXT_MOST:,} are read."
            raise ValueError(msg)
        return self

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
        100, ge=1, le=CANDLES_MOST, description="How many of the newest the rules look at; a model looks at all.", examples=[100]
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
