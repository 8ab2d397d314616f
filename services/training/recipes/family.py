"""What a family of recipes brings to the frame: what it makes of rows, how it fits, and what it measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from libs.contracts.envelope import JsonObject
from libs.contracts.recipe_runs import RecipeCurve, RecipeInterval, RecipeMetrics, RecipeModelManifest
from services.training.recipes.answers import Answers
from services.training.recipes.splitting import Parts
from services.training.recipes.table import Floats, Levels, Rows, Table
from services.training.recipes.telling import Teller
from services.training.reports.sheet import Picture


class Model(Protocol):
    """What was fitted. `restore` of its family makes the same of its numbers and files, bit for bit."""

    @property
    def features(self) -> tuple[str, ...]:
        """Columns of the learner, in its order."""
        ...

    @property
    def reads(self) -> Levels:
        """Which columns of the data it reads beside roles, with the words that it has learned from; None for one of numbers."""
        ...

    @property
    def numbers(self) -> JsonObject:
        """What is kept of it in the model's manifest, plain JSON."""
        ...

    @property
    def files(self) -> Mapping[str, bytes]:
        """What is kept of it in files of its own, by name: never anything that is pickled."""
        ...

    @property
    def importance(self) -> Mapping[str, float]:
        """By feature, summing to 1; empty where the learner has none."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done otherwise than asked while it was fitted, in sentences."""
        ...

    def predict(self, table: Table, rows: Rows) -> Floats:
        """Return what its monitoring watches (rows,): expected demand, the chance of the outcome, a place's score."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a model is worth on rows that it has not learned from; each figure that is None has its reason under its name."""

    metrics: RecipeMetrics
    baseline: dict[str, RecipeMetrics]
    intervals: dict[str, RecipeInterval] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    tables: dict[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    curves: dict[str, RecipeCurve] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Which roles tell rows apart when they are split; None where the family has no such role."""

    time: str | None = None
    group: str | None = None
    place: tuple[str, str] | None = None


class Family(Protocol):
    """A family of recipes. `manifest` is always one of the family's manifest class, with its defaults."""

    @property
    def keys(self) -> Keys:
        """Which roles tell rows apart when they are split."""
        ...

    @property
    def answered(self) -> tuple[str, ...]:
        """What `answer` says that may be null, first what it is asked for."""
        ...

    def prepare(self, table: Table, *, manifest: Any) -> Table:
        """Return the rows that it can use, with what it derives of them; monitoring asks with rows whose truth is not known yet.

        Raise TrainingRefusedError where none can be used.
        """
        ...

    def fit(self, table: Table, rows: Rows, *, manifest: Any, teller: Teller) -> Model:
        """Return what learns from these rows alone. The same rows and manifest give the same model, bit for bit."""
        ...

    def restore(self, kept: RecipeModelManifest, *, files: Mapping[str, bytes]) -> Model:
        """Return the model that was kept so."""
        ...

    def answer(self, model: Any, table: Table, *, manifest: Any) -> Answers:
        """Return what a model says of rows whose truth is not known, one for each row; a forecast, of each period to come of each series.

        The rows were not prepared; those of a forecast follow the rows that the model was made of.
        """
        ...

    def measure(self, model: Model, table: Table, parts: Parts, *, manifest: Any, teller: Teller) -> Measured:
        """Return what it is worth on the test rows of `parts`, beside the baselines, which know the training rows alone."""
        ...

    def draw(self, measured: Measured, *, title: str) -> Mapping[str, Picture]:
        """Return pictures of its own, by name; curves are drawn by the frame."""
        ...
