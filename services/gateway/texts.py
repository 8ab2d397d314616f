"""The gateway's wiring of trainings on texts, and of what is made of their models."""

from services.gateway.exporting import make_exports
from services.gateway.filing import FileParts
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.exports.export_model import ExportModel
from services.gateway.usecases.text_nouns import TextRunUseCases
from services.gateway.usecases.texts.find_texts import FindTexts
from services.gateway.usecases.texts.start_text_run import StartTextRun


def make_texts(platform: Platform, files: FileParts, *, settings: Settings) -> tuple[TextRunUseCases, ExportModel]:
    """Return what handlers call."""
    jobs, find = platform.job_parts, files.use.find
    start = StartTextRun(FindTexts(find, platform.datasets.datasets), find, files.files, jobs.jobs, jobs.start)
    return TextRunUseCases(platform.models, jobs.jobs, start, jobs.stop), make_exports(settings, platform=platform, files=files)
