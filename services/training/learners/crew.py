"""Workers on the cluster who fit together, and a learner that is fitted by them: the ports of a job that is shared."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol, Self

from services.training.learners.learner import Fitted, Learner, OnEpoch, Sample
from services.training.learners.unfinished import Memory


class Workers(Protocol):
    """Those of one training, as long as it lasts."""

    def fit(self, learner: Learner, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch, memory: Memory | None) -> Fitted:
        """Fit together. What the learner refuses is raised here, as by a fit alone; `on_epoch` and `memory` hear of it in this thread."""
        ...


class Crew(Protocol):
    """Who has workers: as many as the job's kind says of its spec (`processes`, libs/contracts/job_kinds.py)."""

    @property
    def processes(self) -> int:
        """How many there are, each a process of its own."""
        ...

    def gathered(self) -> AbstractContextManager[Workers]:
        """Have them until the context ends."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A learner that workers fit."""

    learner: Learner
    workers: Workers
    memory: Memory | None = None

    def remembering(self, memory: Memory) -> Self:
        """Return the learner with a memory for its next fit."""
        return replace(self, memory=memory)

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> Fitted:
        """Have it fitted."""
        return self.workers.fit(self.learner, training, watched=watched, on_epoch=on_epoch, memory=self.memory)
