"""What the training service needs to know of each kind of job."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from libs.contracts.job_kinds import JobKind


@dataclass(frozen=True, slots=True)
class Work:
    """How jobs of a kind are worked on.

    `runs` is the `module:function` that a runner calls with the kind's spec; None for what the runners are warm with (TRAINING_TRAINER).
    `keeps_checkpoints` says whether a later job can go on from where its limit has ended one.
    """

    runs: str | None
    keeps_checkpoints: bool


WORK: Final[Mapping[JobKind, Work]] = {
    JobKind.TRAIN: Work(runs=None, keeps_checkpoints=True),
    JobKind.BACKTEST: Work(runs="services.training.backtests.run:run", keeps_checkpoints=False),
}
