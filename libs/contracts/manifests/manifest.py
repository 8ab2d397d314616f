"""What every recipe's manifest has: data, split, features, learner, baseline, evaluation and seed; a family's class adds its own."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

SHIPPED: Final = "shipped"
SOURCE: Final = r"^(shipped|dataset|file):[^\s].*$"
FEATURES_MOST: Final = 200
FILTERS_MOST: Final = 20
SEED_END: Final = 2**31

Column = Annotated[str, Field(min_length=1, max_length=200)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Scalar = StrictBool | StrictInt | StrictFloat | StrictStr


class Section(BaseModel):
    """A part of a manifest; a key that it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Filter(Section):
    """Which rows are used: those whose column compares so with a value."""

    column: Column = Field(description="Of the data's own columns.")
    op: Literal["=", "!=", "<", "<=", ">", ">=", "in"] = Field("=", description="How it is compared.")
    value: Scalar | tuple[Scalar, ...] = Field(description="With what; a list for `in`. Dates are text, as `2024-01-31`.")


class RecipeData(Section):
    """Where the rows come from, and what their columns mean."""

    source: str = Field(
        pattern=SOURCE,
        max_length=300,
        description="`shipped:<name>` (data that come with the platform), `dataset:<id>` (a data set of yours) or `file:<path>` "
        "(a file of your data root).",
    )
    columns: dict[str, Column] = Field(
        default_factory=dict,
        description="Which column plays which role, `{role: column}`. Shipped data know theirs; of others, what a family needs is named.",
    )
    filters: tuple[Filter, ...] = Field((), max_length=FILTERS_MOST, description="Rows that are used: those that pass all of these.")

    @property
    def place(self) -> tuple[str, str]:
        """The source in two words: `shipped`, `dataset` or `file`, and its name, id or path."""
        kind, _, name = self.source.partition(":")
        return kind, name


class Split(Section):
    """Which rows are kept from learning, so that what is measured on them is honest."""

    method: Literal["time", "random", "spatial_blocks", "groups"] = Field(
        "random", description="`time`: the latest rows; `random`; `spatial_blocks`: whole areas; `groups`: whole groups, such as customers."
    )
    test_fraction: Fraction = Field(0.25, description="Share of the rows (or days, areas, groups) that is held out.")
    folds: int = Field(5, ge=2, le=20, description="Origins of a backtest through time, or folds where there is no time.")


class Learner(Section):
    """What learns."""

    name: str = Field(min_length=1, max_length=64, description="Of the family's learners.")
    hyperparameters: dict[str, JsonValue] = Field(default_factory=dict, description="Of that learner, by name.")


class Baseline(Section):
    """What the learner is measured against."""

    name: str = Field(min_length=1, max_length=64, description="Of the family's baselines.")


class Evaluation(Section):
    """How what was learned is measured."""

    confidence: Fraction = Field(0.95, description="Of the intervals that stand beside figures.")
    resamples: int = Field(200, ge=20, le=2_000, description="Of a bootstrap, where an interval has no formula.")


class Manifest(Section):
    """Everything that decides what a run of a recipe does; a family's class narrows the parts and adds its `objective`."""

    data: RecipeData
    split: Split = Field(default_factory=Split)
    features: tuple[Column, ...] = Field(
        (), max_length=FEATURES_MOST, description="Columns that are learned from; none: all that have no role and are fit for it."
    )
    learner: Learner
    baseline: Baseline
    evaluation: Evaluation = Field(default_factory=Evaluation)
    seed: int = Field(7, ge=0, lt=SEED_END, description="Of every draw: the same data and seed give the same model.")

    @model_validator(mode="after")
    def _each_once(self) -> "Manifest":
        if len(set(self.features)) != len(self.features):
            msg = "features must name each column once"
            raise ValueError(msg)
        return self
