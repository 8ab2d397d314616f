"""The gateway's wiring of trainings on texts."""

from libs.chassis.stores.artifacts import Artifacts
from services.gateway.filing import FileParts
from services.gateway.outbound.registry.model_archives import ModelArchives
from services.gateway.platform import Platform
from services.gateway.usecases.nouns import BuilderRegistryUseCases, TextRunUseCases
from services.gateway.usecases.registry.register_run import RegisterRun
from services.gateway.usecases.registry.transition_stage import TransitionStage
from services.gateway.usecases.texts.find_texts import FindTexts
from services.gateway.usecases.texts.start_text_run import StartTextRun


def make_texts(platform: Platform, files: FileParts, artifacts: Artifacts) -> tuple[TextRunUseCases, BuilderRegistryUseCases]:
    """Return what handlers call."""
    jobs, find = platform.job_parts, files.use.find
    start = StartTextRun(FindTexts(find, platform.datasets.datasets), find, files.files, jobs.jobs, jobs.start)
    names = platform.registry.use
    register = RegisterRun(jobs.jobs, platform.models, find, names.register, names.promote)
    registry = BuilderRegistryUseCases(names, register, TransitionStage(names.promote), ModelArchives(artifacts))
    return TextRunUseCases(platform.models, jobs.jobs, start, jobs.stop), registry
