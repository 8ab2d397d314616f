"""AI Engine's feature importance: measure, get."""

from modelbourse.answers.engine.importance import Importance, ImportanceQueued
from modelbourse.asking import ask_for, given, path_to
from modelbourse.engine.models import MODELS
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps


def get_importance(gateway: Gateway, model_id: str) -> Steps[Importance]:
    """Return what was measured last; raise NotFoundError before anything was."""
    return ask_for(gateway, Importance, "GET", path_to(f"{MODELS}/", model_id, then="/feature-importance"))


def calculate_importance(
    gateway: Gateway,
    model_id: str,
    *,
    dataset_id: str,
    method: str = "shap",
    num_samples: int = 1000,
    repeats: int | None = None,
    group_above: float | None = None,
    seed: int | None = None,
    idempotency_key: str | None = None,
) -> Steps[ImportanceQueued]:
    """Queue a measurement of a model's features over a dataset. Raise InvalidRequestError, PaymentError or ConflictError."""
    body = {"dataset_id": dataset_id, "method": method, "num_samples": num_samples}
    body |= given(repeats=repeats, group_above=group_above, seed=seed)
    path = path_to(f"{MODELS}/", model_id, then="/feature-importance")
    return ask_for(gateway, ImportanceQueued, "POST", path, body=body, key=idempotency_key or new_key())
