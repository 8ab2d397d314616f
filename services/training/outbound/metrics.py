"""What the fleet's metrics show of training."""

from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from libs.contracts.envelope import Event
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed, JobProgressed
from libs.contracts.training import TrainingCancelled, TrainingCompleted, TrainingFailed, TrainingProgressed

ENDS: Final = (TrainingCompleted, TrainingFailed, TrainingCancelled, JobCompleted, JobFailed, JobCancelled)


class JobMetrics:
    """Counts what is told of jobs; `following` says how many this instance looks after."""

    def __init__(self, registry: CollectorRegistry, *, following: Callable[[], int]) -> None:
        self._told = Counter("modelbourse_training_events_total", "Events told of jobs.", ["topic"], registry=registry)
        self._hours = Counter("modelbourse_training_compute_hours_total", "Runner hours that ended jobs have used.", registry=registry)
        running = Gauge("modelbourse_training_jobs_followed", "Running jobs that this instance looks after.", registry=registry)
        running.set_function(following)
        for event in (TrainingProgressed, JobProgressed, *ENDS):
            self._told.labels(event.topic)

    def count(self, events: Sequence[Event]) -> None:
        """Count events that were written."""
        for event in events:
            self._told.labels(event.topic).inc()
            if isinstance(event, ENDS):
                self._hours.inc(float(event.compute_hours))
