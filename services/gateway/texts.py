"""The gateway's wiring of trainings on texts."""

from services.gateway.filing import FileParts
from services.gateway.platform import Platform
from services.gateway.usecases.nouns import TextRunUseCases
from services.gateway.usecases.texts.find_texts import FindTexts
from services.gateway.usecases.texts.start_text_run import StartTextRun


def make_texts(platform: Platform, files: FileParts) -> tuple[TextRunUseCases]:
    """Return what handlers call."""
    jobs, find = platform.job_parts, files.use.find
    start = StartTextRun(FindTexts(find, platform.datasets.datasets), find, files.files, jobs.jobs, jobs.start)
    return (TextRunUseCases(platform.models, jobs.jobs, start, jobs.stop),)
