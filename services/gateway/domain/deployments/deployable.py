"""Which version of a model a training has made, and whether it may answer for everybody."""

from services.gateway.domain.deployments.errors import LowAccuracyError, NotDeployableError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.version import ModelVersion


def version_made(model: Model, *, job_id: str) -> ModelVersion:
    """Return the version that a training has made. Raise ModelArchivedError, or NotDeployableError when it cannot answer for all."""
    model.check_in_use()
    version = next((each for each in model.versions if each.job_id == job_id), None)
    if version is None:
        message = f"The version that {job_id} has made was removed to make room for newer ones: train the model again."
        raise NotDeployableError(message)
    if (count := len(version.market.symbols)) != 1:
        message = f"The model was trained on {count} symbols; one that is deployed answers for one."
        raise NotDeployableError(message)
    if private := version.private_symbols:
        named = ", ".join(private)
        message = f"The model was trained on its owner's own {named}: nobody else has these candles, so it cannot answer for all."
        raise NotDeployableError(message)
    return version


def check_accuracy(version: ModelVersion, *, least: float) -> None:
    """Raise LowAccuracyError for a version that is right too seldom out of sample, or of which that is not known."""
    accuracy = version.metrics.get("accuracy")
    if accuracy is None or accuracy < least:
        raise LowAccuracyError(accuracy, least=least)
