"""What the gateway answers about what can be asked for."""

import datetime as dt
from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import Answer, Page
from modelbourse.answers.models import ModelType, Timeframe

AssetClass = Literal["EQUITY", "INDEX", "CRYPTO", "CURRENCY"]


class Hyperparameter(Answer):
    """What can be set of an algorithm."""

    type: Literal["string", "boolean", "number", "integer"] = Field(description="By its JSON type.")
    default: str | bool | int | float | None = Field(description="What it is when it is left out.")
    allowed: str = Field(description="What it may be, in words.")
    minimum: int | float | None = Field(None, description="The least number that it may be; left out where it is no number.")
    maximum: int | float | None = Field(None, description="The greatest number that it may be; left out where it is no number.")
    choices: list[str | int | float] = Field(default_factory=list, description="Words and single values that it may be.")
    nullable: bool = Field(default=False, description="Whether it may be null.")
    description: str = Field(description="What it does.")


class Algorithm(Answer):
    """A learner."""

    name: str = Field(description="As a model's `algorithm` names it.")
    description: str = Field(description="What it is.")
    model_types: list[ModelType] = Field(description="Which types of model it makes.")
    target_variables: list[str] = Field(description="What those models may predict.")
    hyperparameters: dict[str, Hyperparameter] = Field(description="By name.")


class AlgorithmPage(Page[Algorithm]):
    """Every algorithm there is."""


class FeatureParameter(Answer):
    """A whole number inside a feature's name."""

    name: str = Field(description="As `spellings` have it.")
    default: int = Field(description="What it is when it is left out.")
    minimum: int = Field(description="The least that it may be.")
    maximum: int = Field(description="The most that it may be.")
    meaning: str = Field(description="What it counts.")


class Feature(Answer):
    """A feature, with its parameters at their defaults."""

    name: str = Field(description="As a model's `features` name it.")
    family: str = Field(description="Features that differ by their parameters alone.")
    group: str = Field(description="What kind of feature it is.")
    description: str = Field(description="What it is.")
    unit: str = Field(description="What it is measured in.")
    warmup_bars: int = Field(description="Bars it needs before its first value.")
    spellings: list[str] = Field(description="Where parameters stand in the name.")
    parameters: list[FeatureParameter] = Field(description="In the order in which they stand in the name.")


class FeaturePage(Page[Feature]):
    """Every family of features there is."""


class DefaultCosts(Answer):
    """What trading takes, as fractions."""

    commission: float = Field(description="Of the traded value, a side.")
    slippage: float = Field(description="Of the price, a side.")
    borrow_rate: float = Field(description="Of a short position's value, a year.")


class Symbol(Answer):
    """An instrument that there are candles for."""

    symbol: str = Field(description="As `training_config` names it.")
    name: str = Field(description="What it is called.")
    asset_class: AssetClass = Field(description="A listing calls `CURRENCY` what it is traded as: `FX`.")
    timeframes: list[Timeframe] = Field(description="How long its candles are.")
    start_date: dt.date = Field(description="First day with candles.")
    end_date: dt.date = Field(description="Last day with candles.")
    source: str = Field(description="Where its candles are from; of your own and live ones, the dataset and its version.")
    note: str = Field(description="What to know of them.")
    own: bool = Field(default=False, description="Whether it is yours alone: a dataset that you have uploaded.", examples=[False])
    live: bool = Field(
        default=False, description="Whether the platform goes on fetching its candles, for everybody to use.", examples=[False]
    )
    columns: list[str] = Field(
        default_factory=list, description="Further columns of your own candles, which are features by their names.", examples=[[]]
    )
    default_costs: DefaultCosts = Field(
        description="By asset class; what `training_config` sets (`commission`, `slippage`, `borrow_rate`) goes before."
    )


class SymbolPage(Page[Symbol]):
    """Every symbol there is."""
