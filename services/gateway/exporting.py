"""The gateway's wiring of exports."""

from services.gateway.filing import FileParts
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.exports.export_model import ExportModel
from services.gateway.usecases.jobs.wait_for_job import WaitForJob
from services.gateway.usecases.texts.find_texts import FindTexts


def make_exports(settings: Settings, *, platform: Platform, files: FileParts) -> ExportModel:
    """Wire it."""
    parts, find = platform.job_parts, files.use.find
    return ExportModel(
        jobs=parts.jobs,
        models=platform.models,
        root=files.files,
        output=files.output,
        files=find,
        texts=FindTexts(find, platform.datasets.datasets),
        room=files.use.room,
        registered=platform.registry.use.find,
        start=parts.start,
        stop=parts.stop,
        wait=WaitForJob(parts.jobs, settings.wait_for_job),
    )
