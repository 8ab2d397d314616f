"""A trainer for the bench: logistic regressions do nothing, or tell how far they are; everything else is trained."""

import time
from typing import Any

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import TrainingResult, TrainingSpec
from services.training.learners.progress import Progress
from services.training.learners.train import train
from tests.training.trainers import RESULT, Trained

TRAINER = f"{__name__}:train_or_not"
NOTHING = "LOGISTIC_REGRESSION"
# As its random_state: one that tells its progress twice a second for half a minute.
TICKING, TICKS = 4242, 60


def train_or_not(spec: TrainingSpec, *, artifacts: Artifacts, **how: Any) -> Any:
    """Train as the service does, but for the algorithm that stands for a no-op here."""
    if spec.algorithm != NOTHING:
        return train(spec, artifacts=artifacts, **how)
    if spec.hyperparameters.get("random_state") == TICKING:
        for step in range(TICKS):
            how["report"](Progress(stage="training", step=step, total_steps=TICKS, message=f"step {step}"))
            time.sleep(0.5)
    return Trained(artifacts.put(b"nothing"), TrainingResult.model_validate(RESULT))
