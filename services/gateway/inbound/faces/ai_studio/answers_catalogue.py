"""AI Studio's answers about what can be asked for, as the OpenAPI document has them (routes_catalogue.py writes them)."""

from typing import Literal

from pydantic import BaseModel, Field

from services.gateway.inbound.faces.ai_studio import examples
from services.gateway.inbound.faces.ai_studio.answers import shown
from services.gateway.inbound.http.paging import PageOut


class HyperparameterOut(BaseModel):
    """What can be set of an algorithm."""

    type: Literal["string", "boolean", "number", "integer"]
    default: str | bool | int | float | None
    allowed: str = Field(description="What it may be, in words.")
    description: str


class AlgorithmOut(BaseModel):
    """A learner."""

    model_config = shown(examples.ALGORITHM)

    name: str
    description: str
    model_types: list[str]
    target_variables: list[str]
    hyperparameters: dict[str, HyperparameterOut]


class AlgorithmPage(PageOut):
    """Every algorithm there is."""

    results: list[AlgorithmOut]


class FeatureParameterOut(BaseModel):
    """A whole number inside a feature's name."""

    name: str
    default: int
    minimum: int
    maximum: int
    meaning: str


class FeatureOut(BaseModel):
    """A feature, with its parameters at their defaults."""

    model_config = shown(examples.FEATURE)

    name: str
    family: str
    group: str
    description: str
    unit: str
    warmup_bars: int = Field(description="Bars it needs before its first value.")
    spellings: list[str] = Field(description="Where parameters stand in the name.")
    parameters: list[FeatureParameterOut]


class FeaturePage(PageOut):
    """Every family of features there is."""

    results: list[FeatureOut]


class CostsOut(BaseModel):
    """What trading takes, as fractions."""

    commission: float = Field(description="Of the traded value, a side.")
    slippage: float = Field(description="Of the price, a side.")
    borrow_rate: float = Field(description="Of a short position's value, a year.")


class SymbolOut(BaseModel):
    """An instrument that there are candles for."""

    model_config = shown(examples.SYMBOL)

    symbol: str
    name: str
    asset_class: str = Field(description="A listing calls `CURRENCY` what it is traded as: `FX`.")
    timeframes: list[str]
    start_date: str = Field(json_schema_extra={"format": "date"})
    end_date: str = Field(json_schema_extra={"format": "date"})
    source: str
    note: str
    default_costs: CostsOut = Field(
        description="By asset class; what `training_config` sets (`commission`, `slippage`, `borrow_rate`) goes before."
    )


class SymbolPage(PageOut):
    """Every symbol there is."""

    results: list[SymbolOut]
