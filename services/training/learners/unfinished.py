"""How far a fit has come, kept so that a later attempt goes on in the middle of it: arrays and plain JSON in one file, without pickle."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final, Protocol, Self, runtime_checkable
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from services.training.learners.learner import Learner
from services.training.learners.progress import Checkpoints

ABOUT: Final = "about"
KEEP_EVERY_S: Final = 2.0
"""Epochs that take less are not all kept: what is lost is done again in as long."""

KEEPING_SHARE: Final = 20
"""Of what takes long to keep: so many times as long lies between two times, so that keeping costs a twentieth."""

Arrays = Mapping[str, NDArray[Any]]


class FitMemory(Protocol):
    """Where a fit keeps how far it has come."""

    def recall(self) -> tuple[dict[str, Any], Arrays] | None:
        """Return what this fit kept last, in an attempt before: JSON and arrays; None when there is nothing of it."""
        ...

    def keep(self, about: Mapping[str, Any], arrays: Callable[[], Arrays]) -> None:
        """Replace what was kept, unless that was a moment ago. `about` is plain JSON."""
        ...

    def tell(self, words: str, /) -> None:
        """Say to the job's owner that a fit goes on."""
        ...


@dataclass(slots=True)
class Memory:
    """Where one fit of a training keeps how far it has come.

    `key` names everything that decides the fit's numbers, and which fit of the training it is: what another has left is passed over.
    `tell` says to the job's owner that a fit goes on.
    """

    checkpoints: Checkpoints
    key: str
    tell: Callable[[str], None]
    _kept_at: float | None = field(default=None, init=False)
    _took: float = field(default=0.0, init=False)

    def recall(self) -> tuple[dict[str, Any], Arrays] | None:
        """Return what this fit kept last, in an attempt before: JSON and arrays; None when there is nothing of it."""
        data = self.checkpoints.load_fit()
        if data is None:
            return None
        try:
            with np.load(BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            about: dict[str, Any] = json.loads(str(arrays.pop(ABOUT)))
        except (ValueError, KeyError, OSError, EOFError, BadZipFile):
            return None  # Not what we write, so nobody's loss: the fit begins anew.
        return (about, arrays) if about.get("key") == self.key else None

    def keep(self, about: Mapping[str, Any], arrays: Callable[[], Arrays], *, anyway: bool = False) -> None:
        """Replace what was kept, unless that was a moment ago, or `anyway`. `about` is plain JSON."""
        if not anyway and self._kept_at is not None and time.monotonic() - self._kept_at < KEEP_EVERY_S:
            return
        began, file = time.monotonic(), BytesIO()
        np.savez(file, allow_pickle=False, **{ABOUT: np.array(json.dumps({**about, "key": self.key}))}, **arrays())
        self.checkpoints.save_fit(file.getvalue())
        self._kept_at = time.monotonic()
        self._took = self._kept_at - began

    def keep_at_times(self, about: Mapping[str, Any], arrays: Callable[[], Arrays]) -> None:
        """Replace what was kept where it is time to: what grows is kept the more seldom the longer that takes."""
        if self._kept_at is None or time.monotonic() - self._kept_at >= max(KEEP_EVERY_S, KEEPING_SHARE * self._took):
            self.keep(about, arrays, anyway=True)


@runtime_checkable
class Remembering(Protocol):
    """A learner whose fit can go on in the middle."""

    def remembering(self, memory: Memory) -> Self:
        """Return the learner with a memory for its next fit."""
        ...


def with_memory(learner: Learner, memory: Memory) -> Learner:
    """Give a learner a memory for its next fit, if it is one that has use for it."""
    return learner.remembering(memory) if isinstance(learner, Remembering) else learner
