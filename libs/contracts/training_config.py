"""What a user may set about how a model is trained and judged; the same for every learner."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.contracts.own_candles import Timeframe
from libs.contracts.retraining import Retrain
from libs.contracts.validation import ValidationRule

HorizonIn = Literal["sessions", "candles"]
SYMBOLS_MOST: Final = 50
_COSTS: Final = "default by asset class, see below. Listings are measured with the default at least."


class AbstainWhen(BaseModel):
    """When a model says ABSTAIN instead of an answer: as soon as one of these holds. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    quality_below: float | None = Field(
        None, gt=0, le=1, description="A prediction's `quality` is below this: fewer of the training rows were as unusual as its row."
    )
    age_bars_above: int | None = Field(
        None, ge=0, description="More candles than this have closed since the one that it rests on (`age_bars`)."
    )

    @model_validator(mode="after")
    def _some(self) -> "AbstainWhen":
        if self.quality_below is None and self.age_bars_above is None:
            msg = "Give quality_below (above 0, at most 1), age_bars_above (0 or more), or both; leave abstain_when out for none"
            raise ValueError(msg)
        return self


class CheckedConfig(BaseModel):
    """Data, split, labels and costs of a training, checked. Unknown keys are refused: a typo here would mislead."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    symbols: Annotated[tuple[str, ...], Field(min_length=1, max_length=SYMBOLS_MOST)] = Field(description="Whose candles it learns from.")
    timeframe: Timeframe = Field("1d", description="How long a candle is; every symbol needs such.")
    start_date: date | None = Field(None, description="First day of candles (inclusive); default: the first there is.")
    end_date: date | None = Field(None, description="Last day of candles (inclusive); default: the last there is.")
    train_test_split: float = Field(0.8, ge=0.5, le=0.95, description="Share of time, from the start, to train on.")
    cross_validation_folds: int = Field(5, ge=0, le=10, description="Purged k-fold on the training part; 0 for none, else 2 to 10.")
    horizon: int = Field(5, ge=1, le=100, description="Bars ahead that a label looks.")
    horizon_in: HorizonIn | None = Field(
        None,
        description="In what a target counts that names days or weeks, on candles shorter than a day: `sessions` of the symbol's calendar "
        "(default; horizon is then how many candles that is at most), or `candles` in so many hours round the clock.",
    )
    barrier: float | None = Field(
        None,
        gt=0,
        le=20,
        description="Triple barrier's distance in recent volatilities; default: chosen so that the classes are of like size.",
    )
    window: Literal["common", "union"] = Field(
        "common",
        description="Days to train and test on: `common`, those between which every symbol has candles; or `union`, those between which "
        "any has: there each symbol still needs rows to train on and rows to test on.",
    )
    commission: float | None = Field(None, ge=0, le=0.05, description=f"Cost per side, as a fraction of the traded value; {_COSTS}")
    slippage: float | None = Field(None, ge=0, le=0.05, description=f"Price worsened per side, as a fraction; {_COSTS}")
    borrow_rate: float | None = Field(
        None, ge=0, le=1, description=f"Cost of a short position, as a fraction of its value a year; {_COSTS}"
    )
    synthetic: Literal["allow", "never"] | None = Field(
        None, description="Whether generated candles may stand in for a symbol without data; default: the platform's MARKET_DATA_SYNTHETIC."
    )

    num_workers: int = Field(
        1, ge=1, le=8, description="Workers that train together, each in a process of its own; more than 1 for networks alone."
    )

    abstain_when: AbstainWhen | None = Field(
        None,
        description='When the model says ABSTAIN instead of an answer, such as `{"quality_below": 0.02, "age_bars_above": 5}`; one of '
        "the two is enough. Default: never.",
    )
    retrain: Retrain | None = Field(
        None,
        description='How it is retrained by itself, such as `{"every": "7d", "expire_after": "30d"}`; end_date stays open. Default: never.',
    )

    validation: ValidationRule | None = Field(
        None,
        description='How it is validated, such as `{"method": "cpcv", "groups": 6, "test_groups": 2}`; default: by cross_validation_folds.',
    )
    sample_weights: Literal["none", "uniqueness"] | None = Field(
        None,
        description="Which rows count for less: `uniqueness`, those whose labels rest on the same candles as others' (López de Prado 2018, "
        "ch. 4); default `none`. Not for forecasters.",
    )
    calibration: Literal["none", "isotonic", "platt"] | None = Field(
        None,
        description="How a classifier's probabilities are made as sure as they are right, by what it said of rows held out in validation: "
        "`isotonic` (500 held-out rows at least), `platt` (100); default `none`.",
    )
    refit: bool | None = Field(
        None,
        strict=True,
        description="Whether what serves learns from the test's rows, too, after the test; its numbers are those of before.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> "CheckedConfig":
        if self.start_date and self.end_date and self.start_date >= self.end_date:
            msg = "start_date must be before end_date"
            raise ValueError(msg)
        if self.cross_validation_folds == 1:
            msg = "cross_validation_folds must be 0 (none) or 2 to 10"
            raise ValueError(msg)
        if self.retrain and self.end_date:
            msg = "end_date must be left out with retrain: a model that ends on a day has no newer candles to learn from"
            raise ValueError(msg)
        if len(set(self.symbols)) != len(self.symbols):
            msg = "symbols must not repeat"
            raise ValueError(msg)
        return self
