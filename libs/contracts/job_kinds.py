"""Which kinds of job there are, and what each takes and answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from libs.contracts.backtests import BacktestResult, BacktestSpec
from libs.contracts.envelope import Message
from libs.contracts.training import TrainingResult, TrainingSpec


class JobKind(StrEnum):
    """What a job does."""

    TRAIN = "train"
    BACKTEST = "backtest"

    @property
    def noun(self) -> str:
        """Return what such a job is called in a sentence."""
        return "training" if self is JobKind.TRAIN else self.value


@dataclass(frozen=True, slots=True)
class JobForm:
    """What a job of a kind is asked and what it answers."""

    spec: type[Message]
    result: type[Message]


KINDS: Final[Mapping[JobKind, JobForm]] = {
    JobKind.TRAIN: JobForm(spec=TrainingSpec, result=TrainingResult),
    JobKind.BACKTEST: JobForm(spec=BacktestSpec, result=BacktestResult),
}
