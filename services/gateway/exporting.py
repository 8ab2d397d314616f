"""The gateway's wiring of exports."""

from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.exports.export_model import ExportModel
from services.gateway.usecases.jobs.wait_for_job import WaitForJob
from services.gateway.usecases.nouns import FileUseCases


def make_exports(settings: Settings, *, platform: Platform, files: FileUseCases) -> ExportModel:
    """Wire it."""
    parts = platform.job_parts
    wait = WaitForJob(parts.jobs, settings.wait_for_job)
    return ExportModel(parts.jobs, platform.models, files.find, files.room, platform.registry.use.find, parts.start, parts.stop, wait)
