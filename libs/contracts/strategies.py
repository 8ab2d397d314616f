"""The strategies that can be played: by an indicator, by a model, or by rules that are data."""

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from libs.contracts.envelope import Message

Period = Annotated[int, Field(ge=2, le=400, description="Bars over which the index is smoothed.")]
Level = Annotated[float, Field(gt=0, lt=100, description="Level of the index; `oversold` is below `overbought`.")]


class _Levels(Message):
    """What oscillators with two levels have in common."""

    model_config = ConfigDict(extra="forbid")

    overbought: Level = 70.0
    oversold: Level = 30.0

    @model_validator(mode="after")
    def _apart(self) -> "_Levels":
        if self.oversold >= self.overbought:
            msg = "oversold must be below overbought"
            raise ValueError(msg)
        return self


class RsiStrategy(_Levels):
    """Long when the RSI (Wilder 1978) crosses up through `oversold`, out (or short) when it crosses down through `overbought`."""

    name: Literal["rsi"] = "rsi"
    period: Period = 14


class StochasticStrategy(_Levels):
    """Long when slow %K crosses above %D below `oversold`, out (or short) when it crosses below %D above `overbought` (Lane 1984)."""

    name: Literal["stochastic"] = "stochastic"
    k_period: Annotated[int, Field(ge=2, le=400, description="Bars of the range that %K looks at; it is smoothed by 3.")] = 14
    d_period: Annotated[int, Field(ge=1, le=100, description="Bars over which %D smooths %K.")] = 3
    overbought: Level = 80.0
    oversold: Level = 20.0


class MacdStrategy(Message):
    """Long when MACD crosses above its signal line, out (or short) when it crosses below (Appel 1979)."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["macd"] = "macd"
    fast_period: Annotated[int, Field(ge=2, le=400, description="Bars of the fast average; fewer than the slow one's.")] = 12
    slow_period: Annotated[int, Field(ge=2, le=400, description="Bars of the slow average.")] = 26
    signal_period: Annotated[int, Field(ge=1, le=400, description="Bars over which the signal line smooths MACD.")] = 9

    @model_validator(mode="after")
    def _in_order(self) -> "MacdStrategy":
        if self.fast_period >= self.slow_period:
            msg = "fast_period must be less than slow_period"
            raise ValueError(msg)
        return self


class BollingerStrategy(Message):
    """Long when the close crosses back above the lower band, out (or short) when it crosses back below the upper (Bollinger 2001)."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["bollinger"] = "bollinger"
    period: Period = 20
    std_dev: Annotated[float, Field(ge=0.1, le=10, description="Standard deviations from the average to a band.")] = 2.0


class VolumeStrategy(Message):
    """Long when volume is above `threshold` times the mean of the `period` bars before and the close above the open; out below the open."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["volume"] = "volume"
    period: Period = 20
    threshold: Annotated[float, Field(ge=0.1, le=100, description="How many times its mean the volume must be.")] = 1.5


class ModelStrategy(Message):
    """A model's own signals: long on BUY, short on SELL, out where it says HOLD or abstains."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    name: Literal["model"] = "model"
    model_id: str
    version: str | None = Field(None, description="The version that is played; null: the one that serves, filled in when it is accepted.")
    artifact: str | None = Field(None, description="sha256 of the version's manifest, filled in when it is accepted.")


Rule = Annotated[str, Field(max_length=1000, description="A condition on features and prices: `rsi_14 < 30 and close > sma_50`.")]


class RulesStrategy(Message):
    """Rules as data, each a condition at a bar's close; one that is null is never met."""

    model_config = ConfigDict(extra="forbid")

    name: Literal["rules"] = "rules"
    enter_long: Rule | None = None
    exit_long: Rule | None = None
    enter_short: Rule | None = None
    exit_short: Rule | None = None


IndicatorStrategy: TypeAlias = RsiStrategy | StochasticStrategy | MacdStrategy | BollingerStrategy | VolumeStrategy
Strategy: TypeAlias = Annotated[IndicatorStrategy | ModelStrategy | RulesStrategy, Field(discriminator="name")]
StrategyName = Literal["stochastic", "rsi", "macd", "bollinger", "volume", "model", "rules"]
