"""What the job kind `importance` is asked and answers: what each feature of a version is worth to it, over a dataset."""

from typing import Annotated, Final, Literal, get_args

from pydantic import ConfigDict, Field

from libs.contracts.envelope import JsonObject, Message
from libs.contracts.own_candles import OwnCandles
from libs.contracts.training import TrainingSpec

ImportanceMethod = Literal["shap", "permutation", "gain", "drop_column"]
METHODS: Final[tuple[ImportanceMethod, ...]] = get_args(ImportanceMethod)
SAMPLES_MOST: Final = 20_000
REPEATS_MOST: Final = 20
ON_TREES: Final = frozenset({"RANDOM_FOREST", "EXTRA_TREES", "XGBOOST", "LIGHTGBM"})
ON_ROWS: Final = ON_TREES | {"LOGISTIC_REGRESSION", "RIDGE"}
"""Learners that look at single bars, and are fitted in seconds."""


class ImportanceSpec(Message):
    """Which version is looked at, how, and on which candles: those that `training` names, with the version's features and target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    artifact: str = Field(description="The sha256 of the version's manifest.")
    version: str
    dataset_id: str
    training: TrainingSpec = Field(
        description="What the version was trained with, on the symbols and the timeframe that it is looked at on."
    )
    method: ImportanceMethod = "shap"
    num_samples: Annotated[int, Field(ge=50, le=SAMPLES_MOST)] = 1000
    repeats: Annotated[int, Field(ge=2, le=REPEATS_MOST)] = 5
    group_above: Annotated[float, Field(gt=0, le=1)] = Field(
        0.7, description="Features whose rank correlation is at least this, either way, are one group."
    )
    seed: int = 42
    own: tuple[OwnCandles, ...] = ()


class FeatureWorth(Message):
    """What a feature is worth; `importance` is its share, `worth` what was measured, in the method's unit."""

    feature: str
    importance: float = Field(description="Share of all that is above zero; all of them sum to 1, or are 0 where nothing is.")
    rank: int
    worth: float
    standard_error: float | None = Field(description="Of `worth`, by the spread of the repeats.")
    group: int | None = Field(description="The place of its group in `groups`; null for one that goes with no other.")


class GroupWorth(Message):
    """What features that go together are worth as one."""

    features: tuple[str, ...]
    worth: float
    standard_error: float | None


class ImportanceResult(Message):
    """What was measured; a value that cannot be computed is null, and `reasons` says why under its name."""

    method: ImportanceMethod
    unit: str = Field(description="What `worth` is measured in.")
    features: tuple[FeatureWorth, ...] = Field(description="The most important first.")
    groups: tuple[GroupWorth, ...]
    stability: float | None = Field(description="Mean rank correlation of the features between stretches of time, from -1 to 1.")
    stretches: tuple[tuple[float, ...], ...] = Field(description="By stretch of time, the worth of each of `features`, in their order.")
    rows: int = Field(description="Rows that it was measured on.")
    seen_rows: int | None = Field(description="How many of them the version has learned from; null where nobody wrote that down.")
    start: str
    end: str
    synthetic: bool
    reasons: dict[str, str]
    run_card: JsonObject
