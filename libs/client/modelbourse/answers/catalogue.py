"""What the gateway answers about what can be asked for."""

import datetime as dt

from modelbourse.answers.answer import Answer


class Hyperparameter(Answer):
    """What can be set of an algorithm; `allowed` is in words."""

    type: str
    default: str | bool | int | float | None
    allowed: str
    description: str


class Algorithm(Answer):
    """A learner."""

    name: str
    description: str
    model_types: list[str]
    target_variables: list[str]
    hyperparameters: dict[str, Hyperparameter]


class FeatureParameter(Answer):
    """A whole number inside a feature's name."""

    name: str
    default: int
    minimum: int
    maximum: int
    meaning: str


class Feature(Answer):
    """A feature, with its parameters at their defaults."""

    name: str
    family: str
    group: str
    description: str
    unit: str
    warmup_bars: int
    spellings: list[str]
    parameters: list[FeatureParameter]


class DefaultCosts(Answer):
    """Fractions: `commission` of the traded value and `slippage` of the price a side, `borrow_rate` of a short's value a year."""

    commission: float
    slippage: float
    borrow_rate: float


class Symbol(Answer):
    """An instrument that there are candles for."""

    symbol: str
    name: str
    asset_class: str
    timeframes: list[str]
    start_date: dt.date
    end_date: dt.date
    source: str
    note: str
    default_costs: DefaultCosts
