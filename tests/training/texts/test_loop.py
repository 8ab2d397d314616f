"""A fit that ends in the middle of an epoch goes on there; several batches are one step; two processes learn what one would."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed
import torch.multiprocessing

from services.training.learners.unfinished import Memory
from services.training.texts.course import Pace, Told
from services.training.texts.loop import TextLoop

ROWS = 61


class KilledError(Exception):
    """What kill -9 is to a story in one process."""


@dataclass
class Numbers:
    """Rows of numbers in place of texts."""

    net: Any
    x: torch.Tensor

    @property
    def lengths(self) -> Any:
        return np.arange(len(self.x)) % 7

    def logits(self, rows: Any) -> torch.Tensor:
        answer: torch.Tensor = self.net(self.x[rows])
        return answer


class Kept:
    """A checkpoint in memory, which may be the last thing that is done."""

    def __init__(self, *, last: int | None = None) -> None:
        self.data: bytes | None = None
        self.saves, self.last = 0, last

    def load(self) -> None: ...

    def save(self, state: dict[str, Any], /) -> None: ...

    def load_fit(self) -> bytes | None:
        return self.data

    def save_fit(self, data: bytes, /) -> None:
        self.data, self.saves = data, self.saves + 1
        if self.saves == self.last:
            raise KilledError


def learn(kept: Kept | None = None, *, dropout: float = 0.2, told: list[Told] | None = None, **pace: Any) -> dict[str, Any]:
    torch.manual_seed(0)
    x = torch.randn(ROWS, 4)
    net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Dropout(dropout), torch.nn.Linear(8, 2))
    loop = TextLoop(
        net=net,
        rows=Numbers(net, x),
        targets=(x.sum(dim=1) > 0).numpy().astype(np.int64),
        weights=np.array([1.0, 2.0]),
        train=np.arange(50),
        validation=np.arange(50, ROWS),
        pace=Pace(
            **{"epochs": 4, "batch": 8, "accumulation": 1, "rate": 0.01, "warmup": 0.1, "decay": 0.01, "patience": None, "seed": 3} | pace
        ),
        on_step=lambda step: None if told is None else told.append(step),
        memory=Memory(kept, "key", lambda _: None) if kept is not None else None,
        keep_every_s=0.0,
        keeping_share=0.0,
    )
    course = loop.run()
    return {"weights": [each.detach().numpy().copy() for each in net.parameters()], "course": course}


@pytest.mark.parametrize("last", [1, 3, 9])
def test_a_fit_that_was_interrupted_comes_to_the_same_weights(last: int) -> None:
    whole, kept = learn(), Kept(last=last)

    with pytest.raises(KilledError):
        learn(kept)
    again = learn(kept)

    assert all((one == other).all() for one, other in zip(whole["weights"], again["weights"], strict=True))
    assert again["course"].history == whole["course"].history


def test_batches_that_are_added_up_are_one_large_step() -> None:
    # Without dropout, which draws for each batch anew.
    large = learn(dropout=0.0, batch=50, epochs=1)

    added = learn(dropout=0.0, batch=5, accumulation=10, epochs=1)

    assert large["course"].step == added["course"].step == 1
    for one, other in zip(large["weights"], added["weights"], strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_it_ends_early_and_keeps_the_best_epoch() -> None:
    ended = learn(patience=1, epochs=30, rate=0.2)["course"]

    assert ended.epochs < 30
    scores = [each["val_macro_f1"] for each in ended.history]
    assert scores[ended.best_epoch - 1] == max(scores)
    assert ended.epochs == ended.best_epoch + 1


def test_the_rate_rises_and_falls() -> None:
    pace = Pace(epochs=1, batch=1, accumulation=1, rate=1.0, warmup=0.2, decay=0.0, patience=None, seed=0)

    rates = [pace.rate_at(step, steps=10) for step in range(10)]

    assert rates == pytest.approx([0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125])


def worker(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    told: list[Told] = []
    learned = learn(dropout=0.0, told=told)
    np.savez(f"{folder}/{rank}.npz", *learned["weights"], first_loss=told[0].train_loss)
    torch.distributed.destroy_process_group()


@pytest.mark.soak
def test_two_processes_come_to_the_same_weights_as_one(tmp_path: Path) -> None:
    told: list[Told] = []
    alone = learn(dropout=0.0, told=told)

    other = torch.multiprocessing.get_context("spawn").Process(target=worker, args=(1, str(tmp_path)))
    other.start()
    worker(0, str(tmp_path))
    other.join()

    assert told[0].ended is None  # The first step's.
    first, second = (np.load(tmp_path / f"{rank}.npz") for rank in (0, 1))
    for place, weights in enumerate(alone["weights"]):
        assert (first[f"arr_{place}"] == second[f"arr_{place}"]).all()
        assert first[f"arr_{place}"] == pytest.approx(weights, abs=1e-5)
    for each in (first, second):
        assert float(each["first_loss"]) == pytest.approx(told[0].train_loss, rel=1e-5)
