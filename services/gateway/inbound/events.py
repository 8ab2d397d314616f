"""What the gateway does about events: its views of models and jobs follow them."""

from libs.chassis.handlers import Facts
from libs.contracts.training import (
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingProgressed,
    TrainingRequested,
)
from services.gateway.usecases.follow_training import FollowTraining


def bind_training(facts: Facts, *, follow: FollowTraining) -> None:
    """Bind each of training's events to its use case."""
    facts.on(TrainingRequested)(follow.requested)
    facts.on(TrainingProgressed)(follow.progressed)
    facts.on(TrainingCompleted)(follow.completed)
    facts.on(TrainingFailed)(follow.failed)
    facts.on(TrainingCancelled)(follow.cancelled)
