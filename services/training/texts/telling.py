"""Tells how far a training on texts has come: in steps that never go back, in figures, and in lines of a log."""

import time
from collections.abc import Mapping
from typing import Final, Literal

from libs.contracts.texts import TextProgress
from libs.contracts.training import Artifact
from services.training.learners.progress import Progress, Report
from services.training.texts.checkpoints import folder_of
from services.training.texts.course import Told

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LEVELS: Final[tuple[Level, ...]] = ("DEBUG", "INFO", "WARNING", "ERROR")
DEBUG_EVERY_S: Final = 2.0


class Teller:
    """Says what is done to whoever asked for it. `least` is the least level of the lines that are told.

    Its figures: `epoch`, `total_epochs`, `step` and `total_steps` of the fit, `train_loss`, `val_loss`, `val_accuracy`, `val_macro_f1`,
    `learning_rate`, and `seconds_left`, which is reckoned by what was done since it began.
    """

    def __init__(self, report: Report, *, least: Level = "INFO") -> None:
        self._report, self._least = report, LEVELS.index(least)
        self._stage = "Starting"
        self._metrics: dict[str, float] = {}
        self._before, self._part, self._total = 0, 0, 1
        self._began: tuple[float, int] | None = None
        self._debugged = 0.0
        self._partial: TextProgress | None = None

    def begin(self, stage: str, message: str) -> None:
        """Enter a stage."""
        self._stage = stage
        self.say(message)

    def expect(self, total: int) -> None:
        """Take note of how many steps there are in all: batches that are embedded, and the steps of all fits."""
        self._total = max(total, 1)

    def say(self, message: str, *, level: Level = "INFO") -> None:
        """Tell something; an empty message is figures alone."""
        told = message if LEVELS.index(level) >= self._least else ""
        partial = self._partial.model_dump(mode="json") if self._partial is not None else None
        step = min(self._before + self._part, self._total)
        self._report(
            Progress(
                stage=self._stage,
                step=step,
                total_steps=self._total,
                message=told,
                metrics=dict(self._metrics),
                level=level,
                partial=partial,
            )
        )

    def reached(self, part: int) -> None:
        """Take note of how many steps of the present part are done."""
        if self._began is None:
            self._began = (time.monotonic(), self._before + part)
        self._part = part
        began, at = self._began
        done = self._before + part - at
        if done > 0:
            self._metrics["seconds_left"] = (time.monotonic() - began) / done * (self._total - self._before - part)

    def embedded(self, part: int) -> None:
        """Tell how many steps of embedding are done."""
        self.reached(part)
        self.say("")

    def done(self, steps: int) -> None:
        """Count a part of so many steps as done, also where it ended early."""
        self._before, self._part = self._before + steps, 0

    def told(self, told: Told, *, seed: int, epochs: int, files: Mapping[str, Artifact] | None) -> None:
        """Tell of a step; at an epoch's end what was measured, and where its checkpoint lies."""
        self.reached(told.step)
        self._metrics |= {
            "epoch": float(told.epoch),
            "total_epochs": float(epochs),
            "step": float(told.step),
            "total_steps": float(told.steps),
        }
        self._metrics |= {"train_loss": told.train_loss, "learning_rate": told.rate, "seed": float(seed)}
        ended = told.ended
        if ended is None:
            due = time.monotonic() - self._debugged > DEBUG_EVERY_S
            if due:
                self._debugged = time.monotonic()
            words = f"Step {told.step} of {told.steps}: training loss {told.train_loss:.4f}, learning rate {told.rate:.3g}"
            self.say(words if due else "", level="DEBUG")
            return
        measured = {"val_loss": ended.val_loss, "val_accuracy": ended.val_accuracy, "val_macro_f1": ended.val_macro_f1}
        self._metrics |= {name: value for name, value in measured.items() if value is not None}
        if files:
            self._partial = TextProgress(epoch=told.epoch, folder=folder_of(told.epoch), checkpoint=dict(files))
        held = "" if ended.val_loss is None else f", validation loss {ended.val_loss:.4f}, macro F1 {ended.val_macro_f1:.3f}"
        self.say(f"Epoch {told.epoch} of {epochs}: training loss {told.train_loss:.4f}{held}")
