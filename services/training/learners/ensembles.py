"""ENSEMBLE: the average of an LSTM, a GRU and a TRANSFORMER, each as sure as it is right, by how much each helps. Imports PyTorch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np

from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.algorithms_torch import ENSEMBLE, MEMBERS, NetworkName
from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.calibration import chances_of, pool_weights, temperature_of
from libs.quant.candles import Floats
from services.training.learners.learner import Epoch, OnEpoch, Sample, loss_of
from services.training.learners.networks import set_aside
from services.training.learners.sequence_networks import PooledNet, SequenceNet
from services.training.learners.sequences import FittedSequence, SequenceLearner
from services.training.learners.unfinished import Arrays, FitMemory, Memory

METHOD: Final = (
    "weighted mean of probabilities after temperature scaling (Guo et al. 2017); temperatures and weights have the lowest log loss on the "
    "rows set aside"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedEnsemble(FittedSequence):
    """A trained ensemble, one network to whoever asks it. `epochs` are those of all members; which is best each has for itself."""

    pool: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleClassifier:
    """Members of `classes` classes, trained one after the other. With a `memory` a fit goes on where an attempt before was."""

    hyperparameters: Mapping[str, HyperparameterValue]
    classes: int
    memory: Memory | None = None

    def remembering(self, memory: Memory) -> "EnsembleClassifier":
        """Return the learner with a memory for its next fit."""
        return replace(self, memory=memory)

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> FittedEnsemble:
        """Train each member as it would be trained alone, then calibrate and weigh them on the rows that all have set aside.

        The fit's `pool` says of each member its weight, temperature, epochs and log losses on those rows. Raises NotEnoughDataError when
        too few rows are left to learn from and to stop by.
        """
        share: Any = self.hyperparameters["validation_fraction"]
        _, held = set_aside(training, share=share)
        memories = MembersMemory.of(self.memory) if self.memory else None
        fitted: dict[str, FittedSequence] = {}
        for place, name in enumerate(MEMBERS):
            known = ALGORITHMS[name].hyperparameters
            settings = {each: value for each, value in self.hyperparameters.items() if each in known}
            learner = SequenceLearner(
                network=name, hyperparameters=settings, classes=self.classes, memory=memories.of_member(name) if memories else None
            )
            fitted[name] = learner.fit(training, watched=watched, on_epoch=partial(_told, on_epoch, name, place))
            if memories:
                memories.ended(name)
        return pooled(fitted, held=held)


def make_classifier(
    algorithm: str, *, hyperparameters: Mapping[str, HyperparameterValue], classes: int
) -> SequenceLearner | EnsembleClassifier:
    """Return the learner on windows of this name. Raises KeyError when there is none."""
    if algorithm == ENSEMBLE:
        return EnsembleClassifier(hyperparameters=hyperparameters, classes=classes)
    networks: Mapping[str, NetworkName] = {name: name for name in MEMBERS}
    return SequenceLearner(network=networks[algorithm], hyperparameters=hyperparameters, classes=classes)


def pooled(fitted: Mapping[str, FittedSequence], *, held: Sample) -> FittedEnsemble:
    """Return the average of members with the lowest log loss on `held`, which none of them has learned from."""
    margins = {name: member.scores(held.rows) for name, member in fitted.items()}
    temperatures = {name: temperature_of(scores, held.targets) for name, scores in margins.items()}
    chances = {name: chances_of(scores, temperature=temperatures[name]) for name, scores in margins.items()}
    rows = np.arange(len(held))
    weights = dict(zip(fitted, pool_weights(np.stack([each[rows, held.targets] for each in chances.values()])).tolist(), strict=True))
    # Who counts for nothing is not asked.
    kept = [name for name, weight in weights.items() if weight > 0]
    nets = [net for name in kept if isinstance(net := fitted[name].net, SequenceNet)]
    net = PooledNet(nets, temperatures=[temperatures[name] for name in kept], weights=[weights[name] for name in kept]).eval()
    first = next(iter(fitted.values()))
    whole = FittedEnsemble(
        net=net,
        steps=first.steps,
        background=first.background,
        epochs=sum(member.epochs for member in fitted.values()),
        best_epoch=None,
        warnings=tuple(f"{name}: {words}" for name, member in fitted.items() for words in member.warnings),
    )
    said = {
        name: {
            "weight": weights[name],
            "temperature": temperatures[name],
            **_losses(margins[name], chances[name], held=held),
            "epochs": member.epochs,
            "best_epoch": member.best_epoch,
        }
        for name, member in fitted.items()
    }
    loss, accuracy = loss_of(whole.scores(held.rows), held.targets, scale=whole.scale)
    return replace(
        whole, pool={"method": METHOD, "rows": len(held), "validation_loss": loss, "validation_accuracy": accuracy, "members": said}
    )


def _losses(margins: Floats, chances: Floats, *, held: Sample) -> dict[str, float | None]:
    before, accuracy = loss_of(margins, held.targets, scale="log-odds")
    after, _ = loss_of(chances, held.targets, scale="probability")
    return {"validation_loss": after, "uncalibrated_validation_loss": before, "validation_accuracy": accuracy}


def _told(on_epoch: OnEpoch, member: str, place: int, epoch: Epoch) -> None:
    """Tell of a member's epoch, counted on over all members."""
    before = place * epoch.total
    best = None if epoch.best is None else before + epoch.best
    on_epoch(replace(epoch, number=before + epoch.number, total=epoch.total * len(MEMBERS), best=best, member=member))


@dataclass(slots=True)
class MembersMemory:
    """How far each member of an ensemble has come, in the one memory of the fit: one that has ended is there until all have."""

    memory: Memory
    about: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    arrays: dict[str, Callable[[], Arrays]] = field(default_factory=dict)

    @classmethod
    def of(cls, memory: Memory) -> "MembersMemory":
        """Return what an attempt before has kept."""
        found, whole = cls(memory), memory.recall()
        if whole is not None:
            about, arrays = whole
            for name, each in about["members"].items():
                own = {key.removeprefix(f"{name}/"): value for key, value in arrays.items() if key.startswith(f"{name}/")}
                found.about[name], found.arrays[name] = each, partial(dict, own)
        return found

    def of_member(self, name: str) -> FitMemory:
        """Return a member's part."""
        return _MemberMemory(self, name)

    def ended(self, name: str) -> None:
        """Keep for certain what a member has come to."""
        if name in self.about:
            self.keep(anyway=True)

    def keep(self, *, anyway: bool = False) -> None:
        """Replace what was kept of all."""
        self.memory.keep({"members": self.about}, self._whole, anyway=anyway)

    def _whole(self) -> Arrays:
        return {f"{name}/{key}": value for name, arrays in self.arrays.items() for key, value in arrays().items()}


@dataclass(frozen=True, slots=True)
class _MemberMemory:
    """Implements `FitMemory`."""

    whole: MembersMemory
    name: str

    def recall(self) -> tuple[dict[str, Any], Arrays] | None:
        """Return what the member kept last, in an attempt before."""
        about = self.whole.about.get(self.name)
        return None if about is None else (dict(about), self.whole.arrays[self.name]())

    def keep(self, about: Mapping[str, Any], arrays: Callable[[], Arrays]) -> None:
        """Replace what was kept of the member."""
        self.whole.about[self.name], self.whole.arrays[self.name] = about, arrays
        self.whole.keep()

    def tell(self, words: str, /) -> None:
        """Say that a member goes on."""
        self.whole.memory.tell(f"{self.name}: {words}")
