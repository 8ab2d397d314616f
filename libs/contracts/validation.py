"""How a training or a search is validated: the way that rows are split in time, and what keeps the parts from telling of each other."""

from math import comb
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SPLITS_MOST: Final = 30
"""Fits that validation may take; what does not fit is refused before anything is paid."""
HELD_SHARE: Final = 0.2
"""Share of the training part that `holdout` judges on, its last."""

Method = Literal["holdout", "purged_kfold", "walk_forward", "cpcv"]


class ValidationRule(BaseModel):
    """How the training part is split to validate on. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    method: Method = Field(
        description="`holdout`: the last fifth; `purged_kfold`: each stretch once, learning from the rest; `walk_forward`: each stretch, "
        "learning from what was before; `cpcv`: combinatorial purged, `test_groups` of `groups` at once (López de Prado 2018, ch. 12)."
    )
    folds: int = Field(5, ge=2, le=10, description="Stretches of `purged_kfold` and `walk_forward`.")
    embargo: int | None = Field(None, ge=0, le=500, description="Bars left out after a test; default: the target's horizon.")
    groups: int = Field(6, ge=2, le=10, description="Of `cpcv`: stretches of time.")
    test_groups: int = Field(2, ge=1, le=5, description="Of `cpcv`: how many of them are tested on at once.")

    @model_validator(mode="after")
    def _feasible(self) -> "ValidationRule":
        if self.method == "cpcv" and self.test_groups >= self.groups:
            msg = f"test_groups must be less than groups ({self.groups}): something has to be left to learn from"
            raise ValueError(msg)
        if self.splits > SPLITS_MOST:
            msg = f"{self.groups} groups, {self.test_groups} at once, are {self.splits} fits, and {SPLITS_MOST} are the most: ask for fewer"
            raise ValueError(msg)
        return self

    @property
    def splits(self) -> int:
        """How often a model is fitted to validate."""
        if self.method == "holdout":
            return 1
        return comb(self.groups, self.test_groups) if self.method == "cpcv" else self.folds
