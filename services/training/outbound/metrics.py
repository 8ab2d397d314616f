"""What the fleet's metrics show of training."""

from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from libs.contracts.envelope import Event, now
from libs.contracts.job_kinds import JobKind, kind_word
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed, JobProgressed
from libs.contracts.training import TrainingCancelled, TrainingCompleted, TrainingFailed, TrainingProgressed
from services.training.domain.job import Job
from services.training.domain.kinds import TIERS

ENDS: Final = (TrainingCompleted, TrainingFailed, TrainingCancelled, JobCompleted, JobFailed, JobCancelled)
WAITS_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 14400.0)
RUNS_S: Final = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 43200.0, 86400.0)


class JobMetrics:
    """Counts what is told of jobs; `following` says how many this instance looks after."""

    def __init__(self, registry: CollectorRegistry, *, following: Callable[[], int]) -> None:
        self._told = Counter("modelbourse_training_events_total", "Events told of jobs, by topic.", ["topic"], registry=registry)
        self._hours = Counter("modelbourse_training_compute_hours_total", "CPU hours that ended jobs have used.", registry=registry)
        self._ended = Counter(
            "modelbourse_jobs_ended", "Jobs that came to their end: completed, failed or cancelled.", ["kind", "end"], registry=registry
        )
        self._seconds = Histogram(
            "modelbourse_job_seconds",
            "From a job's first start to its end by the clock, waiting for further attempts included; jobs that never began are not in it.",
            ["kind", "end"],
            buckets=RUNS_S,
            registry=registry,
        )
        self._waits = Histogram(
            "modelbourse_job_wait_seconds",
            "From a job's request until a runner has it for the first time, by tier.",
            ["tier"],
            buckets=WAITS_S,
            registry=registry,
        )
        running = Gauge("modelbourse_training_jobs_followed", "Running jobs that this instance looks after.", registry=registry)
        running.set_function(following)
        for event in (TrainingProgressed, JobProgressed, *ENDS):
            self._told.labels(event.topic)
        for kind in JobKind:
            for end in sorted({_end_of(event.topic) for event in ENDS}):
                self._ended.labels(kind.value, end)
        for tier in TIERS:
            self._waits.labels(tier)

    def count(self, events: Sequence[Event]) -> None:
        """Count events that were written."""
        for event in events:
            self._told.labels(event.topic).inc()
            if isinstance(event, ENDS):
                self._hours.inc(float(event.compute_hours))
                about = kind_word(event), _end_of(event.topic)
                self._ended.labels(*about).inc()
                if event.started_at is not None:
                    self._seconds.labels(*about).observe((event.ended_at - event.started_at).total_seconds())

    def started(self, job: Job) -> None:
        """Note that a runner has taken a job; how long it waited counts once."""
        if job.starts == 1:
            self._waits.labels(job.tier if job.tier in TIERS else "other").observe(max((now() - job.requested_at).total_seconds(), 0.0))


def _end_of(topic: str) -> str:
    """Return which end a topic tells of: completed, failed, cancelled."""
    return topic.rpartition(".")[2]
