"""What the platform offers to faces that know models of texts, noun by noun (see nouns.py)."""

from dataclasses import dataclass

from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Models
from services.gateway.usecases.jobs.stop_job import StopJob
from services.gateway.usecases.texts.start_text_run import StartTextRun


@dataclass(frozen=True, slots=True)
class TextRunUseCases:
    """Trainings on texts."""

    models: Models
    jobs: Jobs
    start: StartTextRun
    stop: StopJob
