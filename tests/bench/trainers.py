"""A trainer for the bench: logistic regressions do nothing at all, everything else is trained."""

from typing import Any

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import TrainingResult, TrainingSpec
from services.training.learners.train import train
from tests.training.trainers import RESULT, Trained

TRAINER = f"{__name__}:train_or_not"
NOTHING = "LOGISTIC_REGRESSION"


def train_or_not(spec: TrainingSpec, *, artifacts: Artifacts, **how: Any) -> Any:
    """Train as the service does, but for the algorithm that stands for a no-op here."""
    if spec.algorithm != NOTHING:
        return train(spec, artifacts=artifacts, **how)
    return Trained(artifacts.put(b"nothing"), TrainingResult.model_validate(RESULT))
