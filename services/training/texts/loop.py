"""Trains a network on texts: AdamW, a rate that rises and falls, batches whose gradients are added, and the best epoch is kept.

It goes on where an attempt before was, in the middle of an epoch too, and then comes to the same weights, bit for bit.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

import numpy as np
import torch
import torch.distributed
from numpy.typing import NDArray

from libs.contracts.texts import Epoch
from libs.quant.calibration import chances_of
from libs.quant.metrics import classification_metrics
from services.training.learners.epochs import SEEDS_APART
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.together import go_apart, part_of, processes, summed
from services.training.learners.unfinished import Arrays, Memory
from services.training.texts.checkpoints import check_arrays
from services.training.texts.course import Course, Pace, Told, steps_of
from services.training.texts.tokens import Integers, even_batches, shuffled_batches

LONGEST_GRADIENT: Final = 1.0
"""The norm that gradients are cut to, as is usual for networks of this kind."""
JUDGED_TOGETHER: Final = 64
KEEPING_SHARE: Final = 20
"""Between two times that an unfinished epoch is kept lie so many times as long as keeping takes: it costs a twentieth."""
KEEP_EVERY_S: Final = 5.0
TELL_EVERY_S: Final = 0.2
Floats = NDArray[np.float64]


class Rows(Protocol):
    """What a network is given: texts, or what its encoder has made of them."""

    @property
    def lengths(self) -> Integers:
        """Tokens of each row."""
        ...

    def logits(self, rows: Integers) -> torch.Tensor:
        """Return the network's answer (rows, labels)."""
        ...


@dataclass(kw_only=True)
class TextLoop:
    """Runs the epochs of one fit. The network ends with the weights of the best: by macro F1 on the validation rows, else the last.

    `targets` are the labels' places of all rows, `weights` what a row of each label counts for. `begin` is a checkpoint to go on from.
    """

    net: Any
    rows: Rows
    targets: Integers
    weights: Floats
    train: Integers
    validation: Integers
    pace: Pace
    on_step: Callable[[Told], None]
    memory: Memory | None = None
    begin: tuple[Mapping[str, Any], Arrays] | None = None
    keep_every_s: float = KEEP_EVERY_S
    keeping_share: float = KEEPING_SHARE
    course: Course = field(default_factory=Course)
    _best: dict[str, torch.Tensor] = field(default_factory=dict)
    _kept: tuple[float, float] = (0.0, 0.0)
    _told_at: float = 0.0

    def __post_init__(self) -> None:
        self._learning = {name: value for name, value in self.net.named_parameters() if value.requires_grad}
        self._device = next(iter(self._learning.values())).device
        flat = [value for value in self._learning.values() if value.ndim < 2]  # noqa: PLR2004 - biases and norms, which are not to fade
        deep = [value for value in self._learning.values() if value.ndim >= 2]  # noqa: PLR2004 - as above
        groups = [{"params": deep, "weight_decay": self.pace.decay}, {"params": flat, "weight_decay": 0.0}]
        self._optimizer = torch.optim.AdamW([each for each in groups if each["params"]], lr=self.pace.rate, fused=True)
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=self.pace.half)
        self._of_label = torch.tensor(self.weights, dtype=torch.float32, device=self._device)
        self._targets = torch.tensor(self.targets, device=self._device)

    @property
    def steps(self) -> int:
        """Steps of all epochs."""
        return steps_of(len(self.train), self.pace)

    def run(self) -> Course:
        """Train to the end. Raise TrainingRefusedError when the loss is no number any more."""
        self._recall()
        while not self.course.is_over(self.pace):
            self._epoch()
        if self._best:
            self.net.load_state_dict(self._best, strict=False)
        self.net.eval()
        return self.course

    def _epoch(self) -> None:
        number, began = self.course.epochs + 1, time.monotonic()
        if not self.course.groups:
            # Each epoch has a seed of its own, so that an attempt that goes on here draws what this one would have drawn.
            torch.manual_seed(self.pace.seed * SEEDS_APART + number)
            go_apart()
        random = np.random.default_rng([self.pace.seed, number])
        batches = shuffled_batches(self.train, lengths=self.rows.lengths, size=self.pace.batch, random=random)
        groups = [batches[start : start + self.pace.accumulation] for start in range(0, len(batches), self.pace.accumulation)]
        self.net.train()
        for group in groups[self.course.groups :]:
            rate = self._step(group)
            self.course.groups += 1
            loss = self.course.loss / self.course.weight
            if not math.isfinite(loss):
                message = f"The loss is not a finite number any more after step {self.course.step}: lower learning_rate."
                raise TrainingRefusedError(message, details={"config.training.learning_rate": [message]})
            if time.monotonic() - self._told_at > TELL_EVERY_S:
                self.on_step(Told(epoch=number, step=self.course.step, steps=self.steps, train_loss=loss, rate=rate))
                self._told_at = time.monotonic()
            if processes() == 1 and self.course.groups < len(groups):
                self._keep_now_and_then()
        self.course.seconds += time.monotonic() - began
        self._end(number, rate=self.pace.rate_at(self.course.step - 1, steps=self.steps))

    def _step(self, group: list[Integers]) -> float:
        """Learn from the batches together: the mean loss over all of their rows."""
        rate = self.pace.rate_at(self.course.step, steps=self.steps)
        for each in self._optimizer.param_groups:
            each["lr"] = rate
        weight, mine_lost = float(self.weights[self.targets[np.concatenate(group)]].sum()), 0.0
        for batch in group:
            mine = part_of(torch.from_numpy(batch)).numpy()
            if len(mine):
                with torch.autocast(self._device.type, dtype=torch.float16, enabled=self.pace.half):
                    logits = self.rows.logits(mine)
                of = self._targets[mine]
                losses = torch.nn.functional.cross_entropy(logits.float(), of, reduction="none") * self._of_label[of]
                scaled: Any = self._scaler.scale(losses.sum() / weight)  # PyTorch's types leave out how it goes back.
                scaled.backward()
                mine_lost += float(losses.detach().sum())
        # Every process sees the loss of all, so that none goes on where another refuses it.
        self.course.loss += summed(mine_lost)[0]
        self.course.weight += weight
        self._join()  # Before it is seen whether a gradient is none: all processes leave out the same steps.
        self._scaler.unscale_(self._optimizer)
        torch.nn.utils.clip_grad_norm_(self._learning.values(), LONGEST_GRADIENT)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        self.course.step += 1
        return rate

    def _join(self) -> None:
        """Add up the gradients of all processes; each has its part of every batch, and divided by the rows of all."""
        if processes() == 1:
            return
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in self._learning.values()]
        flat = torch.cat([each.flatten() for each in gradients])
        torch.distributed.all_reduce(flat)
        parts = torch.split(flat, [each.numel() for each in gradients])
        for value, part in zip(self._learning.values(), parts, strict=True):
            value.grad = part.view_as(value).clone()

    def _end(self, number: int, *, rate: float) -> None:
        """Measure the epoch, see whether it is the best one, and keep what it came to."""
        course = self.course
        loss = course.loss / course.weight
        val_loss, accuracy, f1 = None, None, None
        if len(self.validation):
            chances = chances_of(evaluate(self.net, self.rows, self.validation))
            found = classification_metrics(self.targets[self.validation], chances).values
            val_loss, accuracy, f1 = found["log_loss"], found["accuracy"], found["f1_score"]
        ended = Epoch(
            epoch=number, step=course.step, train_loss=loss, val_loss=val_loss, val_accuracy=accuracy, val_macro_f1=f1, learning_rate=rate
        )
        better = f1 is None or (f1, -(val_loss or 0.0)) > (course.best_f1, -(course.best_loss or 0.0))
        course.epochs, course.groups, course.loss, course.weight = number, 0, 0.0, 0.0
        course.history.append(ended.model_dump())
        if better or not course.best_epoch:
            course.best_epoch, course.best_f1, course.best_loss = number, f1 if f1 is not None else -1.0, val_loss
            self._best = {name: value.detach().clone() for name, value in self._learning.items()}
        self._keep()
        checkpoint = (self._about(), self._arrays()) if self.pace.leaves_checkpoints else None
        told = Told(epoch=number, step=course.step, steps=self.steps, train_loss=loss, rate=rate, ended=ended, checkpoint=checkpoint)
        self.on_step(told)

    def _keep_now_and_then(self) -> None:
        ended, took = self._kept
        if time.monotonic() - ended >= max(self.keep_every_s, self.keeping_share * took):
            self._keep()

    def _keep(self) -> None:
        if self.memory is not None:
            began = time.monotonic()
            self.memory.keep(self._about(), self._arrays, anyway=True)
            self._kept = (time.monotonic(), time.monotonic() - began)

    def _about(self) -> dict[str, Any]:
        return {"course": asdict(self.course), "scaler": self._scaler.state_dict()}

    def _arrays(self) -> Arrays:
        arrays: dict[str, torch.Tensor] = {f"net/{name}": value for name, value in self._learning.items()}
        if self.course.groups or self.course.best_epoch != self.course.epochs:  # Else they are the same.
            arrays |= {f"best/{name}": value for name, value in self._best.items()}
        for place, state in self._optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{place}/{name}": value for name, value in state.items()}
        if self._device.type == "cuda":
            arrays["cuda"] = torch.cuda.get_rng_state()
        arrays["draws"] = torch.get_rng_state()
        return {name: value.detach().cpu().numpy() for name, value in arrays.items()}

    def _recall(self) -> None:
        kept = self.memory.recall() if self.memory is not None else None
        found = kept or self.begin
        self._kept = (time.monotonic(), 0.0)
        if found is None:
            return
        about, arrays = found
        names = {id(value): name for name, value in self._learning.items()}
        ordered = [value for group in self._optimizer.param_groups for value in group["params"]]
        check_arrays(arrays, shapes={names[id(value)]: tuple(value.shape) for value in ordered})
        self.course = Course(**about["course"])
        weights = _part(arrays, "net/")
        self.net.load_state_dict(weights, strict=False)
        best = _part(arrays, "best/") or weights
        self._best = {name: value.to(self._device) for name, value in best.items()} if self.course.best_epoch else {}
        states: dict[int, dict[str, Any]] = {}
        for name, value in _part(arrays, "optimizer/").items():
            place, _, key = name.partition("/")
            states.setdefault(int(place), {})[key] = value
        self._optimizer.load_state_dict(self._optimizer.state_dict() | {"state": states})
        try:
            if about["scaler"]:
                self._scaler.load_state_dict(about["scaler"])
            torch.set_rng_state(torch.tensor(arrays["draws"]))
            if "cuda" in arrays and self._device.type == "cuda":
                torch.cuda.set_rng_state(torch.tensor(arrays["cuda"]))
        except (KeyError, RuntimeError, TypeError) as error:
            message = "The checkpoint cannot be read: what it says of what is drawn or scaled is damaged."
            raise TrainingRefusedError(message, details={"resume_from": [message]}) from error
        if kept is not None and self.memory is not None:
            self.memory.tell(f"Goes on after step {self.course.step}, which the attempt before had reached")


def evaluate(net: Any, rows: Rows, which: Integers) -> Floats:
    """Return the network's logits (rows, labels) of these rows, in their order."""
    net.eval()
    found: Floats | None = None
    with torch.inference_mode():
        for places in even_batches(rows.lengths[which], size=JUDGED_TOGETHER):
            answers = rows.logits(which[places]).double().cpu().numpy()
            found = np.empty((len(which), answers.shape[1])) if found is None else found
            found[places] = answers
    return np.zeros((0, 0)) if found is None else found


def _part(arrays: Arrays, prefix: str) -> dict[str, torch.Tensor]:
    # A copy: numpy's array lies in the file's memory, and torch would write into it.
    return {name.removeprefix(prefix): torch.tensor(value) for name, value in arrays.items() if name.startswith(prefix)}
