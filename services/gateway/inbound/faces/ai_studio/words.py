"""AI Studio's words for the domain's states: two-way tables, and the one word for where a model stands."""

from collections.abc import Mapping
from typing import Final

from libs.contracts.training import JobState, ModelType, Priority
from services.gateway.domain.model import Build, Listing, Model, Stage
from services.gateway.domain.studio_ports import ModelFilter

MODEL_TYPES: Final[Mapping[str, ModelType]] = {kind.name: kind for kind in ModelType}
PRIORITIES: Final[Mapping[str, Priority]] = {priority.name: priority for priority in Priority}
JOB_WORDS: Final[Mapping[JobState, str]] = {
    JobState.QUEUED: "PENDING",
    JobState.RUNNING: "RUNNING",
    JobState.SUCCEEDED: "COMPLETED",
    JobState.FAILED: "FAILED",
    JobState.CANCELLED: "CANCELLED",
}
JOB_STATES: Final[Mapping[str, JobState]] = {word: state for state, word in JOB_WORDS.items()}
BUILD_WORDS: Final[Mapping[Build, str]] = {
    Build.DRAFT: "DRAFT",
    Build.TRAINING: "TRAINING",
    Build.READY: "COMPLETED",
    Build.FAILED: "FAILED",
}
STAGE_WORDS: Final[Mapping[Stage, str]] = {Stage.ARCHIVED: "ARCHIVED"}
MODEL_WORDS: Final = (*BUILD_WORDS.values(), "PUBLISHED", *STAGE_WORDS.values())


def status_of(model: Model) -> str:
    """Return the one word for where a model stands: archived before listed before its build."""
    if model.is_archived:
        return STAGE_WORDS[model.stage]
    return "PUBLISHED" if model.listing is Listing.LISTED else BUILD_WORDS[model.build]


def filter_of(status: str | None, model_type: str | None, *, account_id: str) -> ModelFilter:
    """Return which models a list's query asks for; the words are known ones."""
    kind = MODEL_TYPES[model_type] if model_type else None
    match status:
        case None:
            return ModelFilter(account_id, model_type=kind)
        case "ARCHIVED":
            return ModelFilter(account_id, archived=True, model_type=kind)
        case "PUBLISHED":
            return ModelFilter(account_id, listed=True, archived=False, model_type=kind)
        case _:
            builds = tuple(build for build, word in BUILD_WORDS.items() if word == status)
            return ModelFilter(account_id, builds=builds, listed=False, archived=False, model_type=kind)
