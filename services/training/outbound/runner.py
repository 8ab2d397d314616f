"""What works on the cluster: one process that has a job at a time in a thread, and answers questions about it meanwhile."""

import gc
import importlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import ray
from pydantic import ValidationError

from libs.chassis.errors import InvalidError, PlatformError
from libs.chassis.memory import give_back
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import now
from libs.contracts.job_kinds import KINDS, JobKind, is_of_later_release
from libs.contracts.own_candles import OwnCandles
from libs.contracts.training import LogLine
from services.training.domain.errors import LaterSpecError
from services.training.domain.runs import number_of
from services.training.outbound.checkpoint_files import CheckpointFile
from services.training.outbound.process_use import cpu_seconds, rss_bytes
from services.training.outbound.runner_errors import traceback_of
from services.training.outbound.runner_trace import traced

# A process whose imports are done takes the next job at once; a new one takes some CPU seconds. It does not serve for ever, though: what
# libraries keep adds up.
RUNS_MOST: Final = 20
GROWTH_MOST: Final = 512 * 2**20  # bytes, since it was new
# More lines than a job's record keeps would only be thrown away there.
KEPT_LINES: Final = 1000
LONGEST_MESSAGE: Final = 2000


# Returns its kind's result; a trainer returns what it has trained: a result and its artifact.
Work: TypeAlias = Callable[..., Any]


def work_named(name: str) -> Work:
    """Import what does a job by `module:function`, and with it all that it needs."""
    module, _, function = name.partition(":")
    found: Work = getattr(importlib.import_module(module), function)
    return found


def has_gpu() -> bool:
    """Tell whether the cluster has given this process a GPU; outside of a cluster there is none to give."""
    if not ray.is_initialized():
        return False
    return bool(ray.get_runtime_context().get_accelerator_ids().get("GPU"))


class Runner:
    """One run at a time. All methods are quick or bounded, and called from several threads; what they take and give is plain data.

    Of two services that reach for it at once one alone has it.
    """

    def __init__(self, trainer: str) -> None:
        self._trainer = work_named(trainer)
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._runs = 0
        self._worn = False  # Whether it will never take another run. Its last one stays, so that nobody else can have it meanwhile.
        self._fresh_bytes = rss_bytes()
        self._has_gpu = has_gpu()

    def run_id(self) -> str | None:
        """Return the run that it has; None when it is free."""
        run = self._run
        return run.id if run else None

    def state(self) -> tuple[str | None, int]:
        """Return the run that it has, None when it is free, and how many it has had."""
        with self._lock:
            return self.run_id(), self._runs

    def start(self, order: Mapping[str, Any]) -> bool:
        """Begin a run; False when it has another. The same run twice is one."""
        with self._lock:
            if self._run is not None:
                return bool(self._run.id == order["run_id"])
            self._runs += 1
            run = self._run = _Run(order, has_gpu=self._has_gpu, kept_bytes=max(rss_bytes() - self._fresh_bytes, 0))
        threading.Thread(target=run.work, args=(self._trainer,), name=run.id, daemon=True).start()
        return True

    def watch(self, run_id: str, *, revision: int, lines_seen: int, settle_s: float, hold_s: float) -> dict[str, Any] | None:
        """Return what the run does: when it has ended, when it changed since `revision` (after `settle_s`), at the latest after `hold_s`.

        None when this runner does not have that run.
        """
        run = self._has(run_id)
        if run is None:
            return None
        return run.watch(revision=revision, lines_seen=lines_seen, settle_s=settle_s, hold_s=hold_s)

    def end(self, run_id: str, *, reuse: bool) -> tuple[float, bool] | None:
        """Return the CPU seconds that a run has used, and whether this process may be freed for another one.

        If not, it never takes another and is to be killed: it is not to be used again, the run has not ended well, or it has served
        long enough. None when it does not have that run.
        """
        with self._lock:
            run = self._has(run_id)
            if run is None:
                return None
            # A process that keeps a GPU's memory keeps it from others.
            self._worn = self._worn or not (reuse and run.ended_well and not self._has_gpu and self._runs < RUNS_MOST)
            return run.times()[0], not self._worn

    def free(self, run_id: str) -> bool | None:
        """Let go of a run that has ended; False when this process has grown too much to take another one, and is to be killed.

        None when it does not have that run.
        """
        with self._lock:
            if self._has(run_id) is None:
                return None
            self._worn = self._worn or _tidied() - self._fresh_bytes > GROWTH_MOST
            if not self._worn:
                self._run = None
            return not self._worn

    def _has(self, run_id: str) -> "_Run | None":
        return self._run if self._run is not None and self._run.id == run_id else None


class _Run:
    """One run, and what is known of it. `kept_bytes` is what the process had kept of earlier runs: this one does not answer for them."""

    def __init__(self, order: Mapping[str, Any], *, has_gpu: bool, kept_bytes: int) -> None:
        self.id: str = order["run_id"]
        self._order, self._has_gpu, self._kept_bytes = order, has_gpu, kept_bytes
        self._changed = threading.Condition()
        self._revision = 0
        # CPU seconds and the clock when the run began; what workers have told of theirs; both times when it has ended.
        self._cpu_began, self._clock_began = cpu_seconds(), time.monotonic()
        self._workers_cpu: dict[str, float] = {}
        self._used: tuple[float, float] | None = None
        self._progress: dict[str, Any] = {"stage": "starting", "step": 0, "total_steps": 0, "metrics": {}}
        self._lines: list[dict[str, Any]] = []
        self._dropped = 0
        self._checkpoints = 0
        self._end: dict[str, Any] | None = None

    @property
    def ended_well(self) -> bool:
        """Whether it has ended with a result, and in this process alone."""
        return self._end is not None and "error" not in self._end and not self._workers_cpu

    def watch(self, *, revision: int, lines_seen: int, settle_s: float, hold_s: float) -> dict[str, Any]:
        """Return what it does, as Runner.watch says."""
        with self._changed:
            self._changed.wait_for(lambda: self._end is not None, timeout=settle_s)
            self._changed.wait_for(lambda: self._end is not None or self._revision > revision, timeout=max(hold_s - settle_s, 0))
            seconds, clock_seconds = self.times()
            return {
                "revision": self._revision,
                "seconds": seconds,
                "clock_seconds": clock_seconds,
                "rss_bytes": max(rss_bytes() - self._kept_bytes, 0),
                "has_gpu": self._has_gpu,
                "progress": self._progress,
                "lines": self._lines[max(lines_seen - self._dropped, 0) :],
                "lines_seen": self._dropped + len(self._lines),
                "checkpoints": self._checkpoints,
                "end": self._end,
            }

    def times(self) -> tuple[float, float]:
        """Return the CPU seconds that this process and its workers have used for the run, and its seconds by the clock."""
        with self._changed:
            used = cpu_seconds() - self._cpu_began + sum(self._workers_cpu.values())
            return self._used or (used, time.monotonic() - self._clock_began)

    def _worked(self, worker: str, seconds: float) -> None:
        """Take note of the CPU seconds that a worker has used so far."""
        with self._changed:
            self._workers_cpu[worker] = seconds

    def work(self, trainer: Work) -> None:
        """Do the job, to the end, by the `trainer` where its kind names nothing else; whatever happens is known from `watch`."""
        try:
            with traced(self._order):
                end = self._done(work_named(runs) if (runs := self._order.get("runs")) else trainer)
        except PlatformError as error:
            end = {"error": {"type": type(error).__name__, "message": error.message}, "final": not error.worth_retrying}
        except Exception as error:  # Whatever a library raises ends the run, is told to its owner and logged here.
            logging.getLogger(__name__).exception("run %s failed", self.id)
            told = {"type": type(error).__name__, "message": str(error)[:LONGEST_MESSAGE], "traceback": traceback_of(error)}
            end = {"error": told, "final": False}
        with self._changed:
            self._used = self.times()
            self._end = end
            self._revision += 1
            self._changed.notify_all()

    def _done(self, work: Work) -> dict[str, Any]:
        """Do the job on its spec, as its kind's model reads it."""
        form = KINDS[JobKind(self._order.get("kind", JobKind.TRAIN))]  # A service of another release may not tell it.
        try:
            spec = form.spec.model_validate_json(self._order["spec"])
        except ValidationError as error:
            said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'spec'}: {each['msg']}" for each in error.errors())
            # The cluster may be of an older release than the service for a while.
            raise (LaterSpecError if is_of_later_release(error) else InvalidError)(said[:LONGEST_MESSAGE]) from error
        done = work(spec, **self._around(own=getattr(spec, "own", ()), processes=form.processes(spec)))
        if isinstance(done, form.result):
            return {"result": done.model_dump_json()}
        return {"artifact": done.artifact.model_dump_json(), "result": done.result.model_dump_json()}

    def _around(self, *, own: Sequence[OwnCandles], processes: int) -> dict[str, Any]:
        """Return what every kind of job is given: where things lie, whom to tell how far it has come, who works together.

        `own` is what stands behind those symbols that are the account's own. A job of several `processes` has a crew.
        """
        # The service itself imports this file, and needs neither candles nor learners.
        from libs.market.candles import Market  # noqa: PLC0415 - as said above
        from services.training.outbound.crew_ray import RayCrew  # noqa: PLC0415 - as said above

        order = self._order
        artifacts, lake = Artifacts(order["artifacts_url"]), Path(order["market_lake"]) if order["market_lake"] else None
        # Only a kind's own work knows of backbones: a trainer of the operator's own may not.
        backbones = {"backbones": Path(order["backbones"])} if order.get("runs") and order.get("backbones") else {}
        return {
            **backbones,
            "job_id": order["job_id"],
            "version": order["version"],
            "model_name": order.get("model_name", order["job_id"]),  # A service of another release may not tell it.
            "crew": RayCrew(processes, on_worked=self._worked) if processes > 1 else None,
            "artifacts": artifacts,
            "market": Market(lake, synthetic_allowed=order["synthetic_allowed"], artifacts=artifacts, own=tuple(own)),
            "report": self._report,
            "checkpoints": CheckpointFile(
                artifacts, order["job_id"], on_save=self._saved, continues=order.get("continues"), run=number_of(order["run_id"])
            ),
        }

    def _report(self, progress: Any) -> None:
        """Take a learner's progress: the newest replaces the one before, its message is a line of the log."""
        with self._changed:
            partial = progress.partial if progress.partial is not None else self._progress.get("partial")
            self._progress = {
                "stage": progress.stage,
                "step": progress.step,
                "total_steps": progress.total_steps,
                "metrics": {name: float(value) for name, value in progress.metrics.items()},
            }
            if partial is not None:  # A service of a release that does not know it knows no kind that tells it.
                self._progress["partial"] = dict(partial)
            if progress.message:
                line = LogLine(timestamp=now(), level=progress.level, message=progress.message[:LONGEST_MESSAGE])
                self._lines.append(line.model_dump())
                surplus = max(len(self._lines) - KEPT_LINES, 0)
                del self._lines[:surplus]
                self._dropped += surplus
            self._revision += 1
            self._changed.notify_all()

    def _saved(self) -> None:
        with self._changed:
            self._checkpoints += 1


def _tidied() -> int:
    """Give back to the system what the process no longer needs; return how many bytes it still has."""
    gc.collect()
    give_back()
    return rss_bytes()
