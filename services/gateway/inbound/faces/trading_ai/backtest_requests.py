"""What a backtest can be asked for: the document's keys and further ones, each refused by its name where it makes no sense."""

from collections.abc import Collection, Mapping
from datetime import date
from itertools import product
from math import prod
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, WithJsonSchema, create_model, field_validator

from libs.contracts import backtests as contract
from libs.contracts import strategies
from services.gateway.domain.problems import REQUIRED
from services.gateway.inbound.faces.trading_ai import words
from services.gateway.inbound.http.strict_body import Boolean, Day, Number, StrictBody

S = TypeVar("S", bound=BaseModel)
Symbol = Annotated[str, Field(min_length=1, max_length=40)]
INDICATORS: Final[Mapping[str, type[strategies.IndicatorStrategy]]] = {
    kind.model_fields["name"].default: kind
    for kind in (
        strategies.StochasticStrategy,
        strategies.RsiStrategy,
        strategies.MacdStrategy,
        strategies.BollingerStrategy,
        strategies.VolumeStrategy,
    )
}
VALUES_MOST: Final = 1000
# Less is no money: figures of it would be rounding.
CAPITAL_LEAST: Final = 1.0
EXAMPLE: Final[dict[str, Any]] = {
    "strategy_name": "rsi",
    "symbol": "AAPL",
    "timeframe": "1d",
    "start_date": "2005-01-01",
    "end_date": "2012-12-31",
    "parameters": {"period": 14, "overbought": 70, "oversold": 30},
    "initial_capital": 10000.0,
    "position_size": 0.1,
    "commission": 0.001,
}


def _parameters_of(name: str, kind: type[strategies.IndicatorStrategy]) -> type[StrictBody]:
    """Return the body of a strategy's parameters, one value each; what they must be together is looked at point by point."""
    fields: dict[str, Any] = {
        field: (Annotated[about.annotation, Field(description=about.description, **_bounds(about.metadata)), Number], about.default)
        # What is the strategy's alone first, then what others have, too.
        for field, about in {name: kind.model_fields[name] for name in (*kind.__annotations__, *kind.model_fields)}.items()
        if field != "name"
    }
    return create_model(f"{name.title()}Parameters", __base__=StrictBody, __doc__=kind.__doc__, **fields)


def _bounds(metadata: Collection[Any]) -> dict[str, Any]:
    return {name: bound for each in metadata for name in ("ge", "gt", "le", "lt") if (bound := getattr(each, name, None)) is not None}


PARAMETERS: Final = {name: _parameters_of(name, kind) for name, kind in INDICATORS.items()}


def _described() -> dict[str, Any]:
    """Describe the parameters of every strategy: a value, or values to be tried, each with each."""
    every = []
    for body in PARAMETERS.values():
        schema = body.model_json_schema()
        for about in schema["properties"].values():
            bounds = {name: about.pop(name) for name in list(about) if name not in {"title", "description", "default"}}
            about["anyOf"] = [bounds, {"type": "array", "items": dict(bounds), "minItems": 1, "maxItems": VALUES_MOST}]
        every.append(schema)
    return {"anyOf": [*every, {"type": "object", "title": "NoParameters", "properties": {}, "additionalProperties": False}]}


Parameters = Annotated[dict[str, Any], WithJsonSchema(_described())]


class RulesIn(StrictBody):
    """Conditions at a candle's close, over features and prices (docs/backtests.md); what is left out is never met."""

    model_config = ConfigDict(title="Rules")

    enter_long: strategies.Rule | None = Field(None, description="When to buy.", examples=["rsi_14 < 30 and close > sma_50"])
    exit_long: strategies.Rule | None = Field(None, description="When to sell what was bought.", examples=["rsi_14 > 70"])
    enter_short: strategies.Rule | None = Field(None, description="When to sell short.")
    exit_short: strategies.Rule | None = Field(None, description="When to buy back what was sold short.")


class SlippageIn(StrictBody):
    """How much worse than its quote a fill is."""

    model_config = ConfigDict(title="Slippage", protected_namespaces=())

    model: Literal["fixed", "volume_share"] = Field(
        "fixed", description="`fixed`: by `rate`; `volume_share`: by `impact` times the square of its share of the candle's volume."
    )
    rate: Annotated[float, Number, Field(ge=0, le=0.05)] | None = Field(None, description="Of the price; 0 where it is left out.")
    impact: Annotated[float, Number, Field(ge=0, le=10)] | None = Field(
        None, description="Of the price, where a whole candle's volume is traded; 0.1 where it is left out."
    )
    limit: Annotated[float, Number, Field(gt=0, le=1)] | None = Field(
        None, description="At most this share of a candle's volume is filled; 0.1 where it is left out."
    )

    @field_validator("rate", "impact", "limit")
    @classmethod
    def _of_its_model(cls, value: float | None, info: ValidationInfo) -> float | None:
        model, of = info.data.get("model"), "fixed" if info.field_name == "rate" else "volume_share"
        if value is not None and model not in {None, of}:
            msg = f"It belongs to the model {of}"
            raise ValueError(msg)
        return value


class SizingIn(StrictBody):
    """How large a position is at its entry."""

    model_config = ConfigDict(title="Sizing")

    method: Literal["fraction", "fixed", "volatility_target"] = Field("fraction", description="What `value` says.")
    value: Annotated[float, Number] = Field(
        gt=0, le=contract.CAPITAL_MOST, description="A fraction of the equity; money; a volatility a year, as a fraction."
    )

    @field_validator("value")
    @classmethod
    def _at_most(cls, value: float, info: ValidationInfo) -> float:
        most = {"fraction": 1.0, "volatility_target": 10.0}.get(info.data.get("method", ""), value)
        if value > most:
            msg = f"Input should be less than or equal to {most:g}"
            raise ValueError(msg)
        return value


class WalkForwardIn(StrictBody):
    """Tuned in sample, scored on the days after, window after window."""

    model_config = ConfigDict(title="WalkForward")

    mode: Literal["rolling", "anchored"] = Field("rolling", description="Whether a window's first day moves on with it.")
    in_sample_days: Annotated[int, Number] = Field(ge=1, le=10_000, description="Days that are tuned on.")
    out_of_sample_days: Annotated[int, Number] = Field(ge=1, le=10_000, description="Days after them that are scored.")
    metric: Literal["sharpe_ratio", "net_profit", "calmar_ratio", "sortino_ratio"] = Field("sharpe_ratio", description="What is scored.")


Share = Annotated[float, Number, Field(gt=0, lt=1)] | None


class BacktestIn(StrictBody):
    """What is to be played. Decided at a candle's close, filled at the next one's open."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]}, protected_namespaces=())

    strategy_name: strategies.StrategyName = Field(description="What decides: an indicator, a `model` of yours, or `rules`.")
    symbols: list[Symbol] | None = Field(
        None, min_length=1, max_length=contract.SYMBOLS_MOST, description="Several symbols that share one cash, instead of `symbol`."
    )
    symbol: Symbol | None = Field(None, validate_default=True, description="What there are candles for; `BTCUSDT` has those of `BTC-USD`.")
    timeframe: contract.Timeframe = Field(description="How long a candle is; `GET /api/ai-studio/symbols/` says which a symbol has.")
    start_date: Day = Field(description="The first day (UTC) that is played.")
    end_date: Day = Field(description="The last day (UTC) that is played; after `start_date`.")
    parameters: Parameters = Field(
        default_factory=dict, description="The strategy's own; what is left out keeps its default. Lists are tried, each value with each."
    )
    initial_capital: Annotated[float, Number] = Field(
        10_000.0, ge=CAPITAL_LEAST, le=contract.CAPITAL_MOST, description="In the currency of the prices."
    )
    position_size: Annotated[contract.PositionSize, Number] = 0.1
    commission: Annotated[contract.Commission, Number] = 0.001
    direction: Literal["long", "short", "both"] = Field("long", description="In `both` the opposite signal reverses a position.")
    slippage: SlippageIn | None = Field(None, description="None where it is left out.")
    sizing: SizingIn | None = Field(None, description="Instead of `position_size` of the equity.")
    stop_loss: Share = Field(None, description="Fraction of the entry price, checked inside each candle, the worst case first.")
    take_profit: Annotated[float, Number, Field(gt=0, le=10)] | None = Field(None, description="The same, above it.")
    trailing_stop: Share = Field(None, description="Fraction of the best price since the entry.")
    model_id: str | None = Field(
        None, validate_default=True, max_length=120, description="With `strategy_name` `model`: a trained model's id, or its readable name."
    )
    rules: RulesIn | None = Field(None, validate_default=True, description="With `strategy_name` `rules`.")
    walk_forward: WalkForwardIn | None = Field(None, description="Tune in sample and score out of sample; `parameters` hold the values.")
    lookahead_check: Boolean = Field(default=False, description="Decide again on cut candles, and compare.")

    @field_validator("symbol")
    @classmethod
    def _one_or_several(cls, symbol: str | None, info: ValidationInfo) -> str | None:
        if "symbols" not in info.data:
            return symbol
        if (symbol is None) is (info.data["symbols"] is None):
            raise ValueError(REQUIRED if symbol is None else "Send `symbol` or `symbols`, not both")
        return symbol

    @field_validator("symbols")
    @classmethod
    def _distinct(cls, symbols: list[str] | None) -> list[str] | None:
        if symbols is not None and len({words.candles_of(each) for each in symbols}) < len(symbols):
            msg = "Each symbol stands there once"
            raise ValueError(msg)
        return symbols

    @field_validator("end_date")
    @classmethod
    def _ends_after_it_starts(cls, end: date, info: ValidationInfo) -> date:
        start = info.data.get("start_date")
        if start is not None and start >= end:
            msg = "Invalid date range. start_date must be before end_date."
            raise ValueError(msg)
        return end

    @field_validator("parameters", mode="before")
    @classmethod
    def _are_the_strategys(cls, given: Any, info: ValidationInfo) -> Any:
        name = info.data.get("strategy_name")
        if name is None or not isinstance(given, dict):
            return given
        if (body := PARAMETERS.get(name)) is None:
            if given:
                msg = f"With strategy_name {name} there are none"
                raise ValueError(msg)
            return given
        single = {key: value for key, value in given.items() if not isinstance(value, list)}
        found = dict(body.model_validate(single | dict.fromkeys(given.keys() - body.model_fields.keys())))
        for key, values in given.items():
            if isinstance(values, list):
                found[key] = _several(values, body=body, key=key)
        return found

    @field_validator("parameters")
    @classmethod
    def _make_sense_together(cls, read: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if (kind := INDICATORS.get(info.data.get("strategy_name", ""))) is None:
            return read
        grid = {key: values for key, values in read.items() if isinstance(values, list)}
        if (size := prod(map(len, grid.values()))) > contract.GRID_MOST:
            msg = f"These are {size} combinations; at most {contract.GRID_MOST} are tried"
            raise ValueError(msg)
        _first(kind, read)
        return read

    @field_validator("model_id", "rules")
    @classmethod
    def _belongs_to_its_strategy(cls, value: Any, info: ValidationInfo) -> Any:
        name, of = info.data.get("strategy_name"), "model" if info.field_name == "model_id" else "rules"
        if value is None and name == of:
            raise ValueError(REQUIRED)
        if value is not None and name not in {None, of}:
            msg = f"It belongs to strategy_name {of}"
            raise ValueError(msg)
        return value

    @field_validator("rules")
    @classmethod
    def _trade(cls, rules: RulesIn | None, info: ValidationInfo) -> RulesIn | None:
        if rules is None or (direction := info.data.get("direction")) is None:
            return rules
        wanted = {"long": ["enter_long"], "short": ["enter_short"], "both": ["enter_long", "enter_short"]}[direction]
        if not any(getattr(rules, each) for each in wanted):
            msg = f"With direction {direction} nothing is traded without {' or '.join(wanted)}"
            raise ValueError(msg)
        return rules

    def spec(self, *, own: Collection[str] = ()) -> contract.BacktestSpec:
        """Return what the platform is asked for; `own` are the caller's own symbols, which mean nothing else."""
        taken = {"strategy_name", "symbol", "symbols", "parameters", "model_id", "rules", "slippage"}
        given = self.model_dump(exclude=taken) | {"slippage": (self.slippage or SlippageIn()).model_dump(exclude_none=True)}
        symbols = [words.candles_of(each, own=own) for each in self.symbols or [self.symbol or ""]]
        given |= {"symbol": symbols[0], "symbols": symbols if len(symbols) > 1 else []}
        return contract.BacktestSpec.model_validate(given | self._strategy())

    def _strategy(self) -> dict[str, Any]:
        name = {"name": self.strategy_name}
        if self.strategy_name == "model":
            return {"strategy": name | {"model_id": self.model_id}}
        if self.strategy_name == "rules":
            return {"strategy": name | (self.rules or RulesIn()).model_dump()}
        grid = {key: values for key, values in self.parameters.items() if isinstance(values, list)}
        return {"strategy": _first(INDICATORS[self.strategy_name], self.parameters).model_dump(), "grid": grid}


def _first(kind: type[S], read: Mapping[str, Any]) -> S:
    """Return the first of the combinations that makes sense. Raise ValidationError, the first one's, where none does."""
    refusal: ValidationError | None = None
    for values in product(*(value if isinstance(value, list) else [value] for value in read.values())):
        try:
            return kind(**dict(zip(read, values, strict=True)))
        except ValidationError as error:
            refusal = refusal or error
    assert refusal is not None  # There is a combination at least.
    raise refusal


def _several(values: list[Any], *, body: type[StrictBody], key: str) -> list[Any]:
    """Return values that are to be tried, each as its field reads it."""
    if not 1 <= len(values) <= VALUES_MOST:
        msg = f"{key}: there are 1 to {VALUES_MOST} values to be tried"
        raise ValueError(msg)
    read = [getattr(body.model_validate({key: value}), key) for value in values]
    if len(set(read)) < len(read):
        msg = f"{key}: each value stands there once"
        raise ValueError(msg)
    return sorted(read)
