"""Which learner stands behind an algorithm's name."""

from collections.abc import Mapping

from libs.contracts.algorithms import complete_hyperparameters
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import ModelType
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.forecasting_columns import Outlook
from services.training.learners.forests import Forest
from services.training.learners.learner import Learner
from services.training.learners.lightgbm_booster import LightgbmBooster
from services.training.learners.linear import Linear
from services.training.learners.xgboost_booster import XgboostBooster


def make_learner(
    algorithm: str,
    *,
    model_type: ModelType,
    hyperparameters: Mapping[str, HyperparameterValue],
    classes: int,
    outlook: Outlook | None = None,
) -> Learner:
    """Return the learner with the given hyperparameters over the defaults.

    `classes` is 0 where none are predicted; a forecaster has an `outlook`. The names and values must have passed
    `check_hyperparameters`. Raises TrainingRefusedError for an algorithm without a learner.
    """
    settings = complete_hyperparameters(algorithm, hyperparameters, model_type=model_type)
    match algorithm:
        case "RANDOM_FOREST" | "EXTRA_TREES":
            return Forest(algorithm=algorithm, hyperparameters=settings, classes=classes)
        case "XGBOOST":
            return XgboostBooster(hyperparameters=settings, classes=classes)
        case "LIGHTGBM":
            return LightgbmBooster(hyperparameters=settings, classes=classes)
        case "LOGISTIC_REGRESSION" | "RIDGE":
            return Linear(hyperparameters=settings, classes=classes)
        case "LSTM" | "GRU" | "TRANSFORMER" | "ENSEMBLE":
            # Seconds and 200 MB that no other learner needs.
            from services.training.learners.ensembles import make_classifier  # noqa: PLC0415 - as said above

            return make_classifier(algorithm, hyperparameters=settings, classes=classes)
        case "TFT" | "NHITS" | "DEEPAR" if outlook:
            # As above, and pytorch-forecasting.
            from services.training.learners.forecasting import ForecastLearner  # noqa: PLC0415 - as said above

            return ForecastLearner(kind=algorithm, hyperparameters=settings, columns=outlook.columns, horizon=outlook.horizon)
        case _:
            msg = f"There is no learner for {algorithm}"
            raise TrainingRefusedError(msg, details={"algorithm": [msg]})
