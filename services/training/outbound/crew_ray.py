"""The crew is Ray Train's: the workers of a TorchTrainer, each a process of its own, joined by `torch.distributed`.

They belong to the process that gathered them: when that is killed, Ray ends the mailbox, the trainer's controller and with it every worker.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import ray

from services.training.learners.crew import Workers
from services.training.learners.learner import Fitted, Learner, OnEpoch, Sample
from services.training.learners.unfinished import Memory
from services.training.outbound.crew_mail import Letter, Mailbox
from services.training.outbound.crew_work import work

RESERVED: Final = {"CPU": 0, "memory": 1}
"""What Ray sets aside for a worker: next to nothing. The job's runner has a CPU and waits; workers that wanted CPUs of their own would wait
for ever on a small cluster, whose warm runners have all of them."""


@dataclass(frozen=True, slots=True)
class RayCrew:
    """Implements `Crew`. `on_worked` hears again and again how many CPU seconds each worker, by its name, has used."""

    processes: int
    on_worked: Callable[[str, float], None]

    @contextmanager
    def gathered(self) -> Iterator[Workers]:
        """Have them until the context ends."""
        mailbox: Any = ray.remote(Mailbox).options(num_cpus=0).remote()
        with tempfile.TemporaryDirectory(prefix="crew-") as folder, ThreadPoolExecutor(1, thread_name_prefix="crew") as thread:
            working = thread.submit(_run, mailbox, workers=self.processes, folder=folder)
            gathered = RayWorkers(mailbox, working, self.on_worked)
            try:
                yield gathered
            finally:
                ray.get(mailbox.assign.remote(None))
                working.exception()  # Waits until all have ended.
                gathered.letters()  # Their last words: how much CPU time they have used in the end.
                ray.kill(mailbox)


@dataclass(frozen=True, slots=True)
class RayWorkers:
    """Implements `Workers`."""

    mailbox: Any
    working: Future[None]
    on_worked: Callable[[str, float], None]

    def fit(self, learner: Learner, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch, memory: Memory | None) -> Fitted:
        """Fit together."""
        key, state = (memory.key, memory.checkpoints.load_fit()) if memory else (None, None)
        task = {"learner": learner, "training": training, "watched": watched, "key": key, "state": state}
        ray.get(self.mailbox.assign.remote([ray.put(task)]))
        while True:
            ended = self.working.done()
            for about, content in self.letters():
                match about:
                    case "epoch":
                        on_epoch(content)
                    case "state" if memory:
                        memory.checkpoints.save_fit(content)
                    case "words" if memory:
                        memory.tell(content)
                    case "fitted":
                        fitted: Fitted = content
                        return fitted
                    case "refused":
                        raise content
            if ended:
                self.working.result()
                msg = "The workers have ended before their task was done."
                raise RuntimeError(msg)

    def letters(self) -> list[Letter]:
        """Return what has come; what workers tell of their CPU time is passed on."""
        letters: list[Letter] = ray.get(self.mailbox.take.remote())
        for about, content in letters:
            if about == "cpu":
                self.on_worked(*content)
        return letters


def _run(mailbox: Any, *, workers: int, folder: str) -> None:
    """Start the workers and wait until all have ended."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig  # noqa: PLC0415 - seconds that only these jobs need
    from ray.train.torch import TorchConfig  # noqa: PLC0415 - as above

    from services.training.outbound.crew_trainer import CrewTrainer  # noqa: PLC0415 - as above

    logging.getLogger("ray.train").setLevel(logging.WARNING)
    trainer = CrewTrainer(
        work,
        train_loop_config={"mailbox": mailbox},
        torch_config=TorchConfig(backend="gloo"),
        scaling_config=ScalingConfig(num_workers=workers, resources_per_worker=RESERVED, placement_strategy="SPREAD"),
        # A lost worker ends the attempt; the job's next one goes on where this one was kept.
        run_config=RunConfig(storage_path=folder, failure_config=FailureConfig(max_failures=0)),
    )
    trainer.fit()
