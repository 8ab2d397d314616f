"""Tells how far a run of a recipe has come: stages in words, and steps that never go back."""

from collections.abc import Mapping

from libs.contracts.recipe_runs import RecipeMetrics
from services.training.learners.progress import Checkpoints, Progress, Report


class Teller:
    """Says what is done to whoever asked for it. `total_steps` are stages; within one, `reach` tells which share of it is done.

    `checkpoints` are for a fit that is long enough to be kept on its way.
    """

    SHARES = 100
    """Steps of a stage."""

    def __init__(self, report: Report, *, stages: int, checkpoints: Checkpoints | None = None) -> None:
        self.checkpoints = checkpoints
        self._report, self._total = report, stages * self.SHARES
        self._begun, self._share = -1, 0
        self._stage = "Starting"
        self._metrics: dict[str, float] = {}

    def begin(self, stage: str, message: str) -> None:
        """Enter the next stage."""
        self._begun, self._share, self._stage = self._begun + 1, 0, stage
        self.say(message)

    def say(self, message: str) -> None:
        """Say a line of the log; an empty one is how far it has come alone."""
        step = min(max(self._begun, 0) * self.SHARES + self._share, self._total)
        self._report(Progress(stage=self._stage, step=step, total_steps=self._total, message=message, metrics=dict(self._metrics)))

    def reach(self, done: int, *, of: int, message: str = "") -> None:
        """Tell how much of the stage is done."""
        share = min(self.SHARES * done // max(of, 1), self.SHARES)
        if share > self._share or message:
            self._share = max(share, self._share)
            self.say(message)

    def learned(self, metrics: RecipeMetrics | Mapping[str, float]) -> None:
        """Take note of the latest figures."""
        self._metrics |= {name: float(value) for name, value in metrics.items() if value is not None}
