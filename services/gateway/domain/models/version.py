"""A version of a model: what one training made, the stage that its owner gives it, and the aliases that point to it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from libs.contracts.gateway import Stage
from libs.contracts.model_specs import AnySpec
from libs.contracts.plots import CLASSIFIER_PLOTS, REPORT
from libs.contracts.recipe_runs import RecipeModelSpec
from libs.contracts.tables import Table
from libs.contracts.texts import TextSpec
from libs.contracts.training import TrainingSpec
from services.gateway.domain.models.errors import VersionNotFoundError

ALIAS: Final = re.compile(r"[a-z][a-z0-9_-]{0,49}", re.ASCII)
# A registry's reader takes these for what serves, for a stage or for a version.
RESERVED: Final = re.compile(r"latest|v[0-9]+|" + "|".join(Stage), re.ASCII)
NOT_KEPT: Final = {
    Table.TRADES: "Version {version} was trained before trades were kept: train the model again to have them.",
    Table.EQUITY_CURVE: "Version {version} was trained before the whole curve was kept: train the model again to have it.",
}
# Which of a model's versions serves: the highest.
PRECEDENCE: Final = {Stage.ARCHIVED: 0, Stage.NONE: 1, Stage.STAGING: 1, Stage.PRODUCTION: 2}


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """What one training made. `artifact` is the sha256 of its manifest; `spec` is what it was trained with.

    From `expires_at` on it predicts no more; None for one that always does.
    `reported` are metrics that an outside worker has told, never among `metrics`, which the platform has measured; one that rests on them
    alone has no files, and an empty `artifact`. `staged_at` is when it was given its stage; None before that.
    `plots` are the sha256 of its pictures and report, and `tables` of its tables, by name; none of a version from before they were made.
    """

    name: str
    job_id: str
    artifact: str
    made_at: datetime
    spec: AnySpec
    metrics: dict[str, float | None]
    plots: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    stage: Stage = Stage.NONE
    aliases: tuple[str, ...] = ()
    expires_at: datetime | None = None
    reported: Mapping[str, float] = field(default_factory=dict)
    staged_at: datetime | None = None

    @property
    def number(self) -> int:
        """Which training of its model made it, counted from 0."""
        return number_of(self.name)

    @property
    def market(self) -> TrainingSpec:
        """What it was trained with. Raise VersionNotFoundError for one of a model that is no market model."""
        if not isinstance(self.spec, TrainingSpec):
            raise VersionNotFoundError(self.name, known=())
        return self.spec

    @property
    def text(self) -> TextSpec:
        """What its training on texts was asked. Raise VersionNotFoundError for one of a model of another kind."""
        if not isinstance(self.spec, TextSpec):
            raise VersionNotFoundError(self.name, known=())
        return self.spec

    @property
    def recipe(self) -> RecipeModelSpec:
        """Which version of a recipe made it. Raise VersionNotFoundError for one of a model of another kind."""
        if not isinstance(self.spec, RecipeModelSpec):
            raise VersionNotFoundError(self.name, known=())
        return self.spec

    @property
    def private_symbols(self) -> tuple[str, ...]:
        """The symbols whose candles its owner alone has: who has subscribed is not served by a version that was trained on any."""
        return private_symbols(self.spec) if isinstance(self.spec, TrainingSpec) else ()

    @property
    def is_relied_on(self) -> bool:
        """Whether its owner has said that it is needed: it is in staging or production, or has an alias."""
        return bool(self.aliases) or self.stage in {Stage.STAGING, Stage.PRODUCTION}

    def staged(self, stage: Stage, *, at: datetime) -> "ModelVersion":
        """Return it in this stage; the one it is in changes nothing."""
        return self if stage is self.stage else replace(self, stage=stage, staged_at=at)

    def was_staged_after(self, at: datetime) -> bool:
        """Tell whether it was given its stage after this moment."""
        return self.staged_at is not None and self.staged_at > at

    def why_not_drawn(self, name: str) -> str | None:
        """Say why it has no such plot, or no report; None when it has."""
        if not self.plots:
            return f"Version {self.name} was trained before plots were drawn: train the model again to have them."
        if name not in self.plots and name in CLASSIFIER_PLOTS and "accuracy" not in self.metrics:
            return f"Version {self.name} answers values, not classes: it has no probabilities to plot."
        if name not in self.plots:
            before = "reports were written" if name == REPORT else "this plot was drawn"
            return f"Version {self.name} was trained before {before}: train the model again to have it."
        return None


def foremost(versions: Sequence[ModelVersion]) -> ModelVersion | None:
    """Return the one in production, else the newest that is not archived; None where there is none."""
    return max(reversed(versions), key=lambda each: PRECEDENCE[each.stage], default=None)


def private_symbols(spec: TrainingSpec) -> tuple[str, ...]:
    """Return those of a training's symbols whose candles are of its owner's own, live series apart, which everybody may use."""
    return tuple(each.symbol for each in spec.own if not each.is_live)


def number_of(version: str) -> int:
    """Return which training of its model makes a version of this name, counted from 0."""
    return int(version.rpartition(".")[2])


def check_alias(alias: str) -> str:
    """Return the alias. Raise ValueError for what can be none."""
    if not ALIAS.fullmatch(alias):
        message = "Must be 1 to 50 lower-case letters, digits, '-' and '_', the first a letter: 'champion'."
        raise ValueError(message)
    if RESERVED.fullmatch(alias):
        message = f"'{alias}' means something else already: it cannot be an alias."
        raise ValueError(message)
    return alias
