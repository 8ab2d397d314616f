"""A version of a model: what one training made, the stage that its owner gives it, and the aliases that point to it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from libs.contracts.gateway import Stage
from libs.contracts.training import TrainingSpec

ALIAS: Final = re.compile(r"[a-z][a-z0-9_-]{0,49}", re.ASCII)
# A registry's reader takes these for what serves, for a stage or for a version.
RESERVED: Final = re.compile(r"latest|v[0-9]+|" + "|".join(Stage), re.ASCII)
# Which of a model's versions serves: the highest.
PRECEDENCE: Final = {Stage.ARCHIVED: 0, Stage.NONE: 1, Stage.STAGING: 1, Stage.PRODUCTION: 2}


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """What one training made. `artifact` is the sha256 of its manifest; `spec` is what it was trained with.

    `plots` are the sha256 of its pictures and `tables` of its tables, by name; none of a version from before they were made.
    """

    name: str
    job_id: str
    artifact: str
    made_at: datetime
    spec: TrainingSpec
    metrics: dict[str, float | None]
    plots: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    stage: Stage = Stage.NONE
    aliases: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """Which training of its model made it, counted from 0."""
        return number_of(self.name)

    @property
    def is_relied_on(self) -> bool:
        """Whether its owner has said that it is needed: it is in staging or production, or has an alias."""
        return bool(self.aliases) or self.stage in {Stage.STAGING, Stage.PRODUCTION}


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
