"""When a fit ends and its steps become smaller, by the loss on the rows set aside."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from services.training.learners.epochs import Course, EpochLoop, Patience
from services.training.learners.learner import Epoch
from services.training.learners.unfinished import Memory
from tests.training.learners.conftest import MemoryCheckpoints


@dataclass
class Scripted:
    """A network whose loss on the rows set aside is known beforehand; `rates` are the step sizes of its epochs."""

    losses: Sequence[float]
    memory: Memory | None = None
    begin: int = 0
    rates: list[float] = field(default_factory=list)

    def run(self, patience: Patience) -> Course:
        net = torch.nn.Linear(1, 1)
        self.optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)
        return EpochLoop(net, self.optimizer, patience, seed=1, memory=self.memory).run(self, on_epoch=self.told)

    def learn(self) -> tuple[float, None]:
        self.rates.append(round(self.optimizer.param_groups[0]["lr"], 9))
        return 1.0, None

    def validate(self) -> float:
        return self.losses[self.begin + len(self.rates) - 1]

    def watch(self) -> None: ...

    def told(self, _: Epoch) -> None: ...


def test_a_fall_by_less_than_min_delta_is_none() -> None:
    losses = [1.0, 0.99, 0.98, 0.97, 0.5]

    patient = Scripted(losses).run(Patience(most=5, stop_after=3))
    strict = Scripted(losses).run(Patience(most=5, stop_after=3, min_delta=0.1))

    assert (patient.done, patient.best_epoch) == (5, 5)
    assert (strict.done, strict.best_epoch) == (4, 1)


def test_steps_become_smaller_on_a_plateau_down_to_the_smallest() -> None:
    fit = Scripted([1.0] * 9)

    fit.run(Patience(most=9, stop_after=None, shrink_after=1, factor=0.1, lowest_rate=0.005))

    assert fit.rates == [0.1, 0.1, 0.1, 0.01, 0.01, 0.005, 0.005, 0.005, 0.005]


def test_a_fit_that_goes_on_has_the_steps_that_it_would_have_had() -> None:
    losses, checkpoints, rates = [1.0] * 8, MemoryCheckpoints(), []
    whole = Scripted(losses)
    whole.run(Patience(most=8, stop_after=None, shrink_after=1, factor=0.5))

    for done in range(8):  # Each attempt dies after an epoch.
        part = Scripted(losses, Memory(checkpoints, "key", print), begin=done)
        part.run(Patience(most=done + 1, stop_after=None, shrink_after=1, factor=0.5))
        rates += part.rates

    assert rates == whole.rates
    assert len(set(rates)) > 2
