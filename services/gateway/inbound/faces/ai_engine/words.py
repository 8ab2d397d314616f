"""AI Engine's words for the domain's states, and its names for the fields of a training."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, get_args

from libs.chassis.errors import InvalidError
from libs.contracts.training import JobState
from modelbourse.answers.engine.models import JobStatus, ModelStatus, TypeName
from services.gateway.domain.models.engine_types import TYPES
from services.gateway.domain.models.model import Build, Model
from services.gateway.domain.models.ports import ModelFilter
from services.gateway.domain.problems import Problems

TYPE_NAMES: Final[Mapping[str, TypeName]] = {name: name for name in get_args(TypeName)}
BUILD_WORDS: Final[Mapping[Build, ModelStatus]] = {
    Build.DRAFT: "created",
    Build.TRAINING: "training",
    Build.READY: "ready",
    Build.FAILED: "failed",
}
STATE_WORDS: Final[Mapping[str, ModelStatus]] = {build.value: word for build, word in BUILD_WORDS.items()}
BUILDS: Final[Mapping[str, Build]] = {word: build for build, word in BUILD_WORDS.items()}
NO_CLASSES: Final = "It answers a number, which is no class: see mae and directional_accuracy."
NO_NUMBER: Final = "It answers classes: see accuracy."
NOT_MEASURED: Final = "Its training did not measure it."
STATUSES: Final[tuple[ModelStatus, ...]] = get_args(ModelStatus)
JOB_WORDS: Final[Mapping[JobState, JobStatus]] = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
# What this face calls the fields of a training, where it calls them otherwise.
FIELDS: Final[Mapping[str, str]] = {
    "algorithm": "type",
    "target_variable": "target",
    "training_config": "body",
    "training_config.symbols": "dataset_id",
    "training_config.timeframe": "dataset_id",
    "training_config.start_date": "dataset_id",
    "training_config.end_date": "dataset_id",
    "training_config.train_test_split": "validation_split",
}


def status_of(model: Model) -> ModelStatus:
    """Return the one word for where a model stands."""
    return "archived" if model.is_archived else BUILD_WORDS[model.build]


def documented_metrics(
    measured: Mapping[str, float | None], *, reasons: Mapping[str, str] = MappingProxyType({})
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return what a version has measured, accuracy, mse and mae first, and why values of it are null, by `metrics.{name}`.

    `reasons` are the training's, by the metrics' names.
    """
    rmse = measured.get("rmse")
    documented = {"accuracy": measured.get("accuracy"), "mse": None if rmse is None else rmse**2, "mae": measured.get("mae")}
    values = documented | {name: value for name, value in measured.items() if name not in documented}
    known = ({"accuracy": NO_CLASSES} if "accuracy" not in measured else dict.fromkeys(("mse", "mae"), NO_NUMBER)) | dict(reasons)
    return values, {f"metrics.{name}": known.get(name, NOT_MEASURED) for name, value in values.items() if value is None}


def filter_of(type_name: str | None, status: ModelStatus | None, *, account_id: str) -> ModelFilter:
    """Return which models a list's query asks for, the oldest first."""
    return ModelFilter(
        account_id,
        builds=(BUILDS[status],) if status is not None and status in BUILDS else None,
        archived=None if status is None else status == "archived",
        algorithm=None if type_name is None else TYPES[type_name],
        oldest_first=True,
    )


def refusal(what: str, problems: Problems) -> InvalidError:
    """Return a refusal by this face's names of fields."""
    found: Problems = {}
    for field, texts in problems.items():
        known = found.setdefault(FIELDS.get(field) or field.removeprefix("training_config."), [])
        known += [text for text in texts if text not in known]
    return InvalidError(f"{what}: see {', '.join(list(found)[:5])}.", details=found)
