"""The gateway's wiring of trainings on texts, and of what is made of their models."""

from libs.chassis.stores.artifacts import Artifacts
from services.gateway.checking import make_checks
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.exporting import make_exports
from services.gateway.filing import FileParts
from services.gateway.labelling import make_labelling
from services.gateway.outbound.registry.model_archives import ModelArchives
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.registry.register_run import RegisterRun
from services.gateway.usecases.registry.text_registry import TextRegistryUseCases
from services.gateway.usecases.registry.transition_stage import TransitionStage
from services.gateway.usecases.text_nouns import TextRunUseCases
from services.gateway.usecases.texts.find_texts import FindTexts
from services.gateway.usecases.texts.start_text_run import StartTextRun


def make_texts(settings: Settings, platform: Platform, files: FileParts, *, artifacts: Artifacts, limits: TierLimits) -> list[object]:
    """Return what handlers call."""
    jobs, find = platform.job_parts, files.use.find
    start = StartTextRun(
        FindTexts(find, platform.datasets.datasets), find, files.files, files.output, files.use.room, jobs.jobs, jobs.start
    )
    names, folders = platform.registry.use, ModelArchives(artifacts)
    register = RegisterRun(jobs.jobs, platform.models, find, names.register, names.promote)
    return [
        TextRunUseCases(platform.models, jobs.jobs, start, jobs.stop),
        TextRegistryUseCases(names, register, TransitionStage(names.promote), folders),
        *make_labelling(platform, files, limits, folders=folders),
        make_exports(settings, platform=platform, files=files),
        make_checks(settings, platform, files),
    ]
