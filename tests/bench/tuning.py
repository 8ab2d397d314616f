"""What a search costs beside its trials: the same space, sampler and trials as by plain Optuna, which keeps nothing and is not the same twice."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import optuna

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.tuning import SearchRange
from services.training.outbound.checkpoint_files import CheckpointFile
from services.training.tuning.keeping import Keeping
from services.training.tuning.search import Plan, Search
from services.training.tuning.slots import Slots
from services.training.tuning.space import Space
from services.training.tuning.work import Outcome

PARALLEL: Final = 2
CASES: Final = ((20, 1.0), (1000, 0.01))
SPACE: Final = {
    "depth": SearchRange(type="int", min=1, max=8),
    "share": SearchRange(type="float", min=0, max=1),
    "rate": SearchRange(type="float", min=0.0001, max=0.1, log=True),
}


def measure_tuning() -> dict[str, Any]:
    """Return seconds of so many trials of so long, two at a time by TPE, kept trial by trial; and how many times plain Optuna's that is."""
    rows: dict[str, Any] = {}
    for trials, seconds in CASES:
        own, plain = _own(trials, seconds), _plain(trials, seconds)
        name = f"tune_{trials}_trials_of_{seconds * 1000:g}_ms_two_at_a_time"
        rows[name] = {"s": round(own, 2), "optuna_s": round(plain, 2), "times": round(own / plain, 3)}
    return rows


def _wait(_: object, point: Mapping[str, Any], seconds: float, _check: object) -> float:
    time.sleep(seconds)
    return float((point["share"] - 0.3) ** 2 + point["depth"])


@dataclass(frozen=True, slots=True)
class _Waits:
    """Work that takes time and no core."""

    slots: Slots
    seconds: float
    steps: int = 1

    def begin(self, point: Mapping[str, Any], *, step: int) -> Future[Any]:
        del step
        return self.slots.begin(_wait, dict(point), self.seconds)

    def so_far(self, done: Sequence[float]) -> float | None:
        return done[-1]

    def outcome(self, done: Sequence[float]) -> Outcome:
        return Outcome(values=(done[0],), metrics={"val_loss": done[0]})

    def stop(self) -> None:
        self.slots.stop()


def _own(trials: int, seconds: float) -> float:
    with tempfile.TemporaryDirectory(prefix="mb-bench-") as folder, closing(Slots(PARALLEL, own=None, apart=False)) as slots:
        artifacts = Artifacts(folder)
        keeping = Keeping(
            key="bench",
            objectives=("val_loss",),
            directions=("minimize",),
            total=trials,
            artifacts=artifacts,
            checkpoints=CheckpointFile(artifacts, "job_bench", on_save=lambda: None),
            report=lambda _: None,
        )
        plan = Plan(space=Space.of(SPACE), directions=("minimize",), sampler="tpe", pruner="none", seed=1, trials=trials, parallel=PARALLEL)
        began = time.perf_counter()
        search = Search(plan, work=_Waits(slots, seconds), rows=[], keep=keeping.keep)
        search.run()
        keeping.close(search.rows)
        return time.perf_counter() - began


def _plain(trials: int, seconds: float) -> float:
    def objective(trial: optuna.Trial) -> float:
        point = {
            "depth": trial.suggest_int("depth", 1, 8),
            "share": trial.suggest_float("share", 0, 1),
            "rate": trial.suggest_float("rate", 0.0001, 0.1, log=True),
        }
        return _wait(None, point, seconds, None)

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
    began = time.perf_counter()
    study.optimize(objective, n_trials=trials, n_jobs=PARALLEL)
    return time.perf_counter() - began
