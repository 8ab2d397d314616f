"""What each worker of a shared training does, in a process of its own that Ray Train has joined with the others."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import ray
from ray.exceptions import RayError

from libs.chassis.errors import PlatformError
from libs.contracts.ids import new_id
from services.training.learners.unfinished import Memory, with_memory

Say = Callable[[str, Any], None]
CPU_REPORTED_EVERY_S: Final = 1.0


def work(config: Mapping[str, Any]) -> None:
    """Do the tasks of the mailbox, one after the other, until there are no more. The first worker tells what comes of them."""
    import torch  # noqa: PLC0415 - in workers alone
    from ray import train  # noqa: PLC0415 - as above

    torch.set_num_threads(1)
    first = train.get_context().get_world_rank() == 0
    mailbox = config["mailbox"]

    def say(about: str, content: Any) -> None:
        if first:
            ray.get(mailbox.put.remote((about, content)))

    number = 0
    with _reporting_cpu(lambda name, seconds: ray.get(mailbox.put.remote(("cpu", (name, seconds))))):
        while (task := ray.get(mailbox.task.remote(number))) is not None:
            _fit(ray.get(task[0]), say=say)
            number += 1


@contextmanager
def _reporting_cpu(tell: Callable[[str, float], None]) -> Iterator[None]:
    """Tell how many CPU seconds this process has used since the work began, again and again and at its end."""
    name, began, ended = new_id("worker"), time.process_time(), threading.Event()

    def work() -> None:
        going = True
        while going:
            going = not ended.wait(CPU_REPORTED_EVERY_S)
            with suppress(RayError):  # The job is gone, and ends this process, too.
                tell(name, time.process_time() - began)

    thread = threading.Thread(target=work, name="cpu time", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _fit(task: Mapping[str, Any], *, say: Say) -> None:
    learner = task["learner"]
    if task["key"] is not None:
        kept = _Kept(task["state"], lambda data: say("state", data))
        learner = with_memory(learner, Memory(kept, task["key"], lambda words: say("words", words)))
    try:
        fitted = learner.fit(task["training"], watched=task["watched"], on_epoch=lambda epoch: say("epoch", epoch))
    except PlatformError as error:
        say("refused", error)  # All of them come to it.
    else:
        say("fitted", fitted)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A worker's side of `Checkpoints`: it begins with what was kept before, and sends what it keeps."""

    state: bytes | None
    send: Callable[[bytes], None]

    def load(self) -> dict[str, Any] | None:
        """Return nothing: which parts of a training are finished is not the workers' business."""
        return None

    def save(self, state: dict[str, Any], /) -> None:
        """Keep nothing, as above."""

    def load_fit(self) -> bytes | None:
        """Return what was kept last of the fit, before these workers."""
        return self.state

    def save_fit(self, data: bytes, /) -> None:
        """Send what is to be kept."""
        self.send(data)
