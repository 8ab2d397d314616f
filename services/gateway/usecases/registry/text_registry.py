"""What handlers of the registry in MLflow's words call."""

from dataclasses import dataclass

from services.gateway.domain.registry.ports import ModelArchives
from services.gateway.usecases.nouns import RegistryUseCases
from services.gateway.usecases.registry.register_run import RegisterRun
from services.gateway.usecases.registry.transition_stage import TransitionStage


@dataclass(frozen=True, slots=True)
class TextRegistryUseCases:
    """The registry in MLflow's words: runs are registered, stages given with a comment, folders had as archives."""

    registry: RegistryUseCases
    register: RegisterRun
    transition: TransitionStage
    archives: ModelArchives
