"""Tells how far a training has come, in words and in steps that never go back."""

from collections.abc import Mapping
from typing import Final

from services.training.learners.learner import Epoch, OnEpoch
from services.training.learners.progress import Progress, Report

LOADING: Final = 5
EACH_FOLD: Final = 10
FINAL_FIT: Final = 20
JUDGING: Final = 5
LINES_A_FIT: Final = 10


class Narrator:
    """Knows the parts of one training and their share of the work: loading, the folds, the final fit, judging and saving."""

    def __init__(self, report: Report, *, folds: int, epochs: int = 1) -> None:
        """`epochs` is how many each fit has at most, as far as that is known before."""
        self._report = report
        self._before_a_fit: Mapping[str, float] = {"epoch": 0.0, "total_epochs": float(epochs)}
        self._total = LOADING + folds * EACH_FOLD + FINAL_FIT + JUDGING
        self._step = 0
        self._stage = "starting"
        self._metrics = dict(self._before_a_fit)

    def begin(self, stage: str, message: str) -> None:
        """Enter a stage."""
        self._stage = stage
        self._tell(message)

    def begin_fit(self, stage: str, message: str) -> None:
        """Enter a stage in which a model is fitted: what the fit before told of itself is told no more."""
        self._metrics = dict(self._before_a_fit)
        self.begin(stage, message)

    def say(self, message: str, *, metrics: Mapping[str, float | None] | None = None) -> None:
        """Tell something within a stage, with the latest values of metrics (null ones are left out)."""
        self._metrics.update({name: value for name, value in (metrics or {}).items() if value is not None})
        self._tell(message)

    def warn(self, message: str) -> None:
        """Tell something the user should look at."""
        self._report(self._progress(message, level="WARNING"))

    def done(self, steps: int) -> None:
        """Count a part's steps as done."""
        self._step += steps
        self._tell("")

    def epochs(self, *, steps: int, noun: str) -> OnEpoch:
        """Return what tells of a fit's epochs while it covers `steps` steps; about ten of them get a line, when there is a `noun`."""
        start = self._step

        def tell(epoch: Epoch) -> None:
            self._step = start + steps * epoch.number // epoch.total
            self._metrics.update({"loss": epoch.loss, "epoch": float(epoch.number), "total_epochs": float(epoch.total)})
            if epoch.accuracy is not None:
                self._metrics["accuracy"] = epoch.accuracy
            if epoch.validation_loss is not None:
                self._metrics["validation_loss"] = epoch.validation_loss
            if epoch.best is not None:
                self._metrics["best_epoch"] = float(epoch.best)
            every = max(epoch.total // LINES_A_FIT, 1)
            worth_a_line = bool(noun) and (epoch.number % every == 0 or epoch.number == epoch.total)
            self._tell(_words(epoch, noun) if worth_a_line else "")

        return tell

    def end_of(self, *, start: int, steps: int) -> None:
        """Set the step to a part's end, also when its fit ended early."""
        self._step = start + steps
        self._tell("")

    @property
    def step(self) -> int:
        """Steps done."""
        return self._step

    def _tell(self, message: str) -> None:
        self._report(self._progress(message))

    def _progress(self, message: str, *, level: str = "INFO") -> Progress:
        return Progress(
            stage=self._stage,
            step=self._step,
            total_steps=self._total,
            message=message,
            metrics=dict(self._metrics),
            level="WARNING" if level == "WARNING" else "INFO",
        )


def _words(epoch: Epoch, noun: str) -> str:
    accuracy = "" if epoch.accuracy is None else f", accuracy {epoch.accuracy:.3f}"
    held = "" if epoch.validation_loss is None else f", validation loss {epoch.validation_loss:.4g}"
    member = f" ({epoch.member})" if epoch.member else ""
    return f"{noun} {epoch.number} of {epoch.total}{member}: training loss {epoch.loss:.4g}{accuracy}{held}"
