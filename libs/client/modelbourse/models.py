"""Models: list, create, get, change, stage, delete, archive, train; what they rest on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypedDict

from typing_extensions import Unpack

from modelbourse.answers.answer import Page
from modelbourse.answers.limits import Priority
from modelbourse.answers.models import ModelCreated, ModelDetails, ModelRow, ModelStatus, ModelType, StageName
from modelbourse.answers.results import FeatureImportance
from modelbourse.answers.trainings import TrainingEstimated, TrainingStarted
from modelbourse.answers.versions import VersionDetails
from modelbourse.asking import FACE, ask_for, get_all, get_page, given, path_to, strings_of
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Flow, Steps

MODELS: Final = f"{FACE}/models/"
PlotName = Literal["feature-importance", "shap-summary", "reliability", "equity", "drawdown", "monthly-returns", "trades"]
PlotFormat = Literal["png", "svg"]


class ModelChanges(TypedDict, total=False):
    """What can change: name, description and `retrain` (None: it is retrained no more), and of a draft the rest.

    `hyperparameters`, `training_config` and `retrain` are replaced as a whole.
    """

    name: str
    description: str
    model_type: ModelType
    algorithm: str
    target_variable: str
    features: Sequence[str]
    hyperparameters: Mapping[str, Any]
    training_config: Mapping[str, Any]
    retrain: Mapping[str, Any] | None


def page_of_models(
    gateway: Gateway,
    *,
    status: ModelStatus | None = None,
    model_type: ModelType | None = None,
    page: int = 1,
    page_size: int | None = None,
) -> Steps[Page[ModelRow]]:
    """Return a page of your models, the newest first."""
    return get_page(gateway, ModelRow, MODELS, page=page, page_size=page_size, status=status, model_type=model_type)


def all_models(gateway: Gateway, *, status: ModelStatus | None = None, model_type: ModelType | None = None) -> Flow[ModelRow, None]:
    """Iterate over all your models, the newest first."""
    return get_all(gateway, ModelRow, MODELS, status=status, model_type=model_type)


def create_model(
    gateway: Gateway,
    *,
    name: str,
    model_type: ModelType,
    algorithm: str,
    features: Sequence[str],
    training_config: Mapping[str, Any],
    target_variable: str | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    description: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[ModelCreated]:
    """Keep a new configuration.

    Raise InvalidRequestError with all that is wrong, by field, or PermissionDeniedError when the tier has no more models.
    """
    body = given(
        name=name,
        description=description,
        model_type=model_type,
        algorithm=algorithm,
        target_variable=target_variable,
        features=list(features),
        hyperparameters=hyperparameters,
        training_config=dict(training_config),
    )
    return create_model_of(gateway, body, idempotency_key=idempotency_key)


def create_model_of(gateway: Gateway, configuration: Any, *, idempotency_key: str | None = None) -> Steps[ModelCreated]:
    """Keep a new configuration that is given whole, as the API's JSON has it."""
    return ask_for(gateway, ModelCreated, "POST", MODELS, body=configuration, key=idempotency_key or new_key())


def get_model(gateway: Gateway, model_id: str) -> Steps[ModelDetails]:
    """Return all there is to say of one model; raise NotFoundError."""
    return ask_for(gateway, ModelDetails, "GET", path_to(MODELS, model_id))


def update_model(gateway: Gateway, /, model_id: str, **changes: Unpack[ModelChanges]) -> Steps[ModelDetails]:
    """Change `name`, `description` and `retrain`, and of a draft `hyperparameters` … as in `create`.

    Raise InvalidRequestError for more than these where it is no draft any more, or for an archived model.
    """
    return ask_for(gateway, ModelDetails, "PATCH", path_to(MODELS, model_id), body=changes)


def get_version(gateway: Gateway, model_id: str, version: str) -> Steps[VersionDetails]:
    """Return what one version, by its name or an alias, was trained with and measured; raise NotFoundError."""
    return ask_for(gateway, VersionDetails, "GET", _path_of(model_id, version))


def stage_version(gateway: Gateway, model_id: str, version: str, stage: StageName) -> Steps[ModelDetails]:
    """Give a version a stage. The one in production serves, else the newest that is not archived; what was in production is archived.

    Raise NotFoundError for a version that the model has not, or InvalidRequestError when none would be left to serve.
    """
    return _change_version(gateway, model_id, version, stage=stage)


def alias_version(gateway: Gateway, model_id: str, version: str, aliases: str | Iterable[str]) -> Steps[ModelDetails]:
    """Give a version these aliases (a string is one) and no others; whichever version had one of them has it no more.

    Raise NotFoundError for a version that the model has not, InvalidRequestError for what can be no alias, or UnsendableError for what
    is neither a string nor a list of them.
    """
    return _change_version(gateway, model_id, version, aliases=strings_of("aliases", aliases))


def delete_model(gateway: Gateway, model_id: str) -> Steps[None]:
    """Delete a draft; raise InvalidRequestError for what is no draft any more."""
    yield from gateway.ask("DELETE", path_to(MODELS, model_id))


def archive_model(gateway: Gateway, model_id: str, *, idempotency_key: str | None = None) -> Steps[ModelDetails]:
    """Put a model away: it keeps all that it has, and makes room for another. Twice is once.

    Raise ConflictError while it trains, is in review or on sale. How many a tier may have archived, `credits.limits()` says.
    """
    return _move(gateway, model_id, "archive", key=idempotency_key)


def restore_model(gateway: Gateway, model_id: str, *, idempotency_key: str | None = None) -> Steps[ModelDetails]:
    """Take an archived model back into use; raise PermissionDeniedError when the tier has no more models."""
    return _move(gateway, model_id, "restore", key=idempotency_key)


def estimate_training(gateway: Gateway, model_id: str) -> Steps[TrainingEstimated]:
    """Return what the model's next training would take and cost; nothing is started or set aside."""
    return ask_for(gateway, TrainingEstimated, "GET", path_to(MODELS, model_id, then="/estimate/"))


def start_training(
    gateway: Gateway,
    model_id: str,
    *,
    name: str | None = None,
    priority: Priority | None = None,
    idempotency_key: str | None = None,
) -> Steps[TrainingStarted]:
    """Queue a training; its credits are reserved.

    Raise PaymentError when there are too few, ConflictError when one is under way, or PermissionDeniedError when the tier may have no more.
    """
    body = given(job_name=name, priority=priority)
    return ask_for(gateway, TrainingStarted, "POST", path_to(MODELS, model_id, then="/train/"), body=body, key=idempotency_key or new_key())


def _change_version(gateway: Gateway, model_id: str, version: str, **change: Any) -> Steps[ModelDetails]:
    return ask_for(gateway, ModelDetails, "PATCH", _path_of(model_id, version), body=change)


def _path_of(model_id: str, version: str) -> str:
    return path_to(path_to(MODELS, model_id, then="/versions/"), version, noun="version")


def _move(gateway: Gateway, model_id: str, where: str, *, key: str | None) -> Steps[ModelDetails]:
    return ask_for(gateway, ModelDetails, "POST", path_to(MODELS, model_id, then=f"/{where}/"), key=key or new_key())


def get_feature_importance(gateway: Gateway, model_id: str) -> Steps[FeatureImportance]:
    """Return what the version that serves rests on."""
    return ask_for(gateway, FeatureImportance, "GET", path_to(MODELS, model_id, then="/feature-importance/"))


def get_plot(gateway: Gateway, model_id: str, plot: PlotName = "feature-importance", *, format: PlotFormat = "png") -> Steps[bytes]:  # noqa: A002  # the word that plotting libraries have for it
    """Return a plot as the bytes of a PNG file, or of an SVG file, which those of the test's trading have; raise NotFoundError for none."""
    answer = yield from gateway.ask("GET", path_to(MODELS, model_id, "plots", f"{plot}.{format}", then=""))
    return bytes(answer.content)


def get_report(gateway: Gateway, model_id: str) -> Steps[bytes]:
    """Return the report of a model's test, an HTML page that stands alone, as bytes; raise NotFoundError when the model has none."""
    answer = yield from gateway.ask("GET", path_to(MODELS, model_id, "report.html", then=""))
    return bytes(answer.content)
