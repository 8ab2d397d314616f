"""The gateway's wiring of checks of texts."""

from services.gateway.filing import FileParts
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.jobs.wait_for_job import WaitForJob
from services.gateway.usecases.texts.check_texts import CheckTexts
from services.gateway.usecases.texts.find_texts import FindTexts


def make_checks(settings: Settings, platform: Platform, files: FileParts) -> CheckTexts:
    """Return what handlers call."""
    jobs, find = platform.job_parts, FindTexts(files.use.find, platform.datasets.datasets)
    return CheckTexts(find, files.files, files.use.room, jobs.jobs, jobs.start, WaitForJob(jobs.jobs, settings.wait_for_job), jobs.stop)
