"""The manifest of a `forecasting` recipe: demand of many items that add up to groups and a total."""

from typing import Annotated, Final, Literal

from pydantic import Field

from libs.contracts.manifests.manifest import Baseline, Column, Evaluation, Manifest, RecipeData, Section, Split

ITEMS_MOST: Final = 500
HORIZON_MOST: Final = 366
Frequency = Literal["auto", "hour", "day", "week", "month", "quarter"]


class ForecastingSplit(Split):
    """Which periods are kept from learning."""

    method: Literal["time"] = Field("time", description="The latest periods are held out.")
    test_fraction: float = Field(0.2, gt=0, le=0.5, description="Share of the periods, at least one horizon.")


class NoHyperparameters(Section):
    """Nothing to set."""


class EtsHyperparameters(Section):
    """Of exponential smoothing (Hyndman, Koehler, Ord & Snyder 2008) with additive errors."""

    trend: Literal["auto", "none", "additive", "damped"] = Field("auto", description="`auto`: by the corrected AIC, series by series.")
    seasonal: Literal["auto", "none", "additive"] = Field("auto", description="`auto`: as above.")


class BoostedHyperparameters(Section):
    """Of LightGBM, one model for all series, over what is known when a forecast is made."""

    n_estimators: int = Field(300, ge=10, le=3_000, description="Trees.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="How much each tree counts.")
    num_leaves: int = Field(31, ge=2, le=512, description="Leaves of a tree.")
    min_child_samples: int = Field(40, ge=1, le=10_000, description="Rows of a leaf at least.")
    l2: float = Field(1.0, ge=0, le=1e6, description="How much large leaves are held back.")
    lags: int = Field(
        3, ge=1, le=60, description="Latest values that are looked at, beside the same season of the two years (weeks …) before."
    )


class NhitsHyperparameters(Section):
    """Of N-HiTS (Challu et al. 2023), one network for all series."""

    encoder_length: int | None = Field(None, ge=2, le=1_000, description="Periods that it looks back; null: two seasons, or two horizons.")
    hidden_size: int = Field(64, ge=8, le=1_024, description="Width of its layers.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of them that is left out while it learns.")
    max_epochs: int = Field(30, ge=1, le=500, description="Passes over the windows at most.")
    early_stopping_patience: int | None = Field(5, ge=1, le=100, description="Passes without gain after which it stops; null: never.")
    learning_rate: float = Field(0.001, gt=0, le=1, description="Of AdamW.")
    batch_size: int = Field(128, ge=1, le=10_000, description="Windows that are learned from together.")


class SeasonalNaive(Section):
    """The value of one season before."""

    name: Literal["seasonal_naive"]
    hyperparameters: NoHyperparameters = NoHyperparameters()


class Mean(Section):
    """The mean of what was learned from."""

    name: Literal["mean"]
    hyperparameters: NoHyperparameters = NoHyperparameters()


class Ets(Section):
    """Exponential smoothing, a model for each series."""

    name: Literal["ets"]
    hyperparameters: EtsHyperparameters = EtsHyperparameters()


class Boosted(Section):
    """Gradient boosting over lags, the calendar and what is known ahead."""

    name: Literal["lightgbm"] = "lightgbm"
    hyperparameters: BoostedHyperparameters = BoostedHyperparameters()


class Nhits(Section):
    """A network of stacked blocks that look at different paces."""

    name: Literal["nhits"]
    hyperparameters: NhitsHyperparameters = NhitsHyperparameters()


ForecastingLearner = Annotated[SeasonalNaive | Mean | Ets | Boosted | Nhits, Field(discriminator="name")]


class ForecastingBaseline(Baseline):
    """What the learner is measured against; both are always measured."""

    name: Literal["seasonal_naive", "mean"] = Field("seasonal_naive", description="Which one the verdict is about.")


class ForecastingEvaluation(Evaluation):
    """How forecasts are measured: from origins that roll through the held-out periods."""

    confidence: float = Field(0.9, ge=0.5, lt=1, description="Share of the truth that intervals are to hold.")
    origins: int = Field(6, ge=1, le=52, description="Forecasts that are made of the held-out periods, at most.")
    calibration_origins: int = Field(
        12, ge=2, le=104, description="Forecasts of later training periods: half make the reconciliation's weights, half the intervals."
    )


class ForecastingObjective(Section):
    """What is forecast, how far ahead, and what adds up."""

    horizon: int = Field(12, ge=1, le=HORIZON_MOST, description="Periods ahead.")
    frequency: Frequency = Field("auto", description="Length of a period; `auto`: by the commonest distance of the data's times.")
    season: int | None = Field(
        None, ge=1, le=366, description="Periods of a season; null: 24 hours, 7 days, 52 weeks, 12 months, 4 quarters."
    )
    aggregate: Literal["sum", "mean"] = Field("sum", description="How rows of one item and period become one; items add up in any case.")
    missing: Literal["gap", "zero"] = Field(
        "gap", description="What a period without rows is: unknown (learned from nowhere, measured nowhere), or no demand."
    )
    items_most: int = Field(100, ge=1, le=ITEMS_MOST, description="The largest items; all others are one more, so that totals are true.")
    reconciliation: Literal["none", "bottom_up", "mint_shrink"] = Field(
        "mint_shrink", description="How forecasts are made to add up: not, from the items, or by least variance (MinT, shrunk)."
    )


class ForecastingManifest(Manifest):
    """Everything that decides what a run of a `forecasting` recipe does.

    Roles of columns: `time`, `target`, and of a hierarchy `item`, `group` and `region`, the widest last; without `item` there is one
    series.
    """

    data: RecipeData = Field(default_factory=lambda: RecipeData(source="shipped:us_electricity"))
    split: ForecastingSplit = ForecastingSplit()
    features: tuple[Column, ...] = Field(
        (), max_length=50, description="Columns of numbers that are known ahead, such as a price; by default none."
    )
    learner: ForecastingLearner = Boosted()  # type: ignore[assignment]  # typed hyperparameters, where a family in general has any
    baseline: ForecastingBaseline = ForecastingBaseline()
    evaluation: ForecastingEvaluation = ForecastingEvaluation()
    objective: ForecastingObjective = ForecastingObjective()
