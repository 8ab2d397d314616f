"""AI Studio's words for the domain's states: two-way tables, and the one word for where a model stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar, get_args

from libs.chassis.errors import PlatformError
from libs.contracts.gateway import Stage
from libs.contracts.listings import AssetClass, Category, ListingState
from libs.contracts.retraining import GateVerdict
from libs.contracts.subscriptions import EndReason, Period, SubscriptionState
from libs.contracts.training import JobState, ModelType, Priority
from modelbourse.answers import retraining
from modelbourse.answers.answer import Answer
from modelbourse.answers.limits import Priority as PriorityName
from modelbourse.answers.limits import TierName
from modelbourse.answers.market import AssetClass as AssetWord
from modelbourse.answers.market import Category as CategoryWord
from modelbourse.answers.market import ListingStatus
from modelbourse.answers.models import AlgorithmName, ModelStatus, StageName
from modelbourse.answers.models import ModelType as ModelTypeName
from modelbourse.answers.subscriptions import EndReason as EndWord
from modelbourse.answers.subscriptions import Period as PeriodWord
from modelbourse.answers.subscriptions import SubscriptionStatus
from modelbourse.answers.trainings import JobStatus
from modelbourse.answers.webhooks import DeliveryStatus as DeliveryWord
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.errors import WrongStateError
from services.gateway.domain.jobs.errors import JobEndedError, PriorityNotAllowedError
from services.gateway.domain.models.errors import NotADraftError
from services.gateway.domain.models.model import ARCHIVED, Build, Listing, Model
from services.gateway.domain.models.ports import ModelFilter
from services.gateway.domain.models.schedule import LastTurn, retrain_of
from services.gateway.domain.webhooks.errors import WebhookDisabledError
from services.gateway.domain.webhooks.webhook import DeliveryStatus

Values = TypeVar("Values", bound=Answer)
MODEL_TYPE_WORDS: Final[Mapping[ModelType, ModelTypeName]] = {
    ModelType.CLASSIFICATION: "CLASSIFICATION",
    ModelType.REGRESSION: "REGRESSION",
    ModelType.TIME_SERIES: "TIME_SERIES",
}
MODEL_TYPES: Final[Mapping[ModelTypeName, ModelType]] = {word: kind for kind, word in MODEL_TYPE_WORDS.items()}
ALGORITHMS: Final[Mapping[str, AlgorithmName]] = {name: name for name in get_args(AlgorithmName)}
PRIORITY_WORDS: Final[Mapping[Priority, PriorityName]] = {Priority.LOW: "LOW", Priority.NORMAL: "NORMAL", Priority.HIGH: "HIGH"}
PRIORITIES: Final[Mapping[str, Priority]] = {word: priority for priority, word in PRIORITY_WORDS.items()}
CATEGORY_WORDS: Final[Mapping[Category, CategoryWord]] = {Category[word]: word for word in get_args(CategoryWord)}
CATEGORIES: Final[Mapping[str, Category]] = {word: category for category, word in CATEGORY_WORDS.items()}
ASSET_WORDS: Final[Mapping[AssetClass, AssetWord]] = {AssetClass[word]: word for word in get_args(AssetWord)}
ASSET_CLASSES: Final[Mapping[str, AssetClass]] = {word: asset for asset, word in ASSET_WORDS.items()}
LISTING_WORDS: Final[Mapping[ListingState, ListingStatus]] = {
    ListingState.IN_REVIEW: "PENDING_REVIEW",
    ListingState.LISTED: "PUBLISHED",
    ListingState.REJECTED: "REJECTED",
    ListingState.WITHDRAWN: "WITHDRAWN",
}
LISTING_STATES: Final[Mapping[str, ListingState]] = {word: state for state, word in LISTING_WORDS.items()}
PERIOD_WORDS: Final[Mapping[Period, PeriodWord]] = {Period[word]: word for word in get_args(PeriodWord)}
PERIODS: Final[Mapping[str, Period]] = {word: period for period, word in PERIOD_WORDS.items()}
# A subscription that is not paid is told to nobody.
SUBSCRIPTION_WORDS: Final[Mapping[SubscriptionState, SubscriptionStatus]] = {
    SubscriptionState[word]: word for word in get_args(SubscriptionStatus)
}
SUBSCRIPTION_STATES: Final[Mapping[str, SubscriptionState]] = {word: state for state, word in SUBSCRIPTION_WORDS.items()}
END_WORDS: Final[Mapping[EndReason, EndWord]] = {EndReason[word]: word for word in get_args(EndWord)}
DELIVERY_WORDS: Final[Mapping[DeliveryStatus, DeliveryWord]] = {DeliveryStatus[word]: word for word in get_args(DeliveryWord)}
DELIVERY_STATUSES: Final[Mapping[str, DeliveryStatus]] = {word: status for status, word in DELIVERY_WORDS.items()}
TIER_WORDS: Final[Mapping[Tier, TierName]] = {Tier.FREE: "free", Tier.PRO: "pro", Tier.ELITE: "elite"}
JOB_WORDS: Final[Mapping[JobState, JobStatus]] = {
    JobState.QUEUED: "PENDING",
    JobState.RUNNING: "RUNNING",
    JobState.SUCCEEDED: "COMPLETED",
    JobState.FAILED: "FAILED",
    JobState.CANCELLED: "CANCELLED",
}
JOB_STATES: Final[Mapping[JobStatus, JobState]] = {word: state for state, word in JOB_WORDS.items()}
BUILD_WORDS: Final[Mapping[Build, ModelStatus]] = {
    Build.DRAFT: "DRAFT",
    Build.TRAINING: "TRAINING",
    Build.READY: "COMPLETED",
    Build.FAILED: "FAILED",
}
STAGE_WORDS: Final[Mapping[Stage, StageName]] = {Stage(word): word for word in get_args(StageName)}
# What a refusal may name, of models and of jobs.
STATE_WORDS: Final[Mapping[str, str]] = {
    **{state.value: word for table in (BUILD_WORDS, JOB_WORDS) for state, word in table.items()},
    ARCHIVED: "ARCHIVED",
}
NOT_TRAINED: Final = "The model has not been trained yet."
NOT_MEASURED: Final = "Not measured for a {kind} model."


@dataclass(frozen=True, slots=True)
class Standing:
    """Where models stand on their three axes; None is anywhere."""

    builds: tuple[Build, ...] | None = None
    listed: bool | None = None
    archived: bool | None = None

    def fits(self, model: Model) -> bool:
        """Tell whether a model stands there."""
        return (
            (self.builds is None or model.build in self.builds)
            and self.listed in {None, model.listing is Listing.LISTED}
            and self.archived in {None, model.is_archived}
        )


# Each model stands in one of these.
MODEL_WORDS: Final[Mapping[ModelStatus, Standing]] = {
    **{word: Standing(builds=(build,), listed=False, archived=False) for build, word in BUILD_WORDS.items()},
    "PUBLISHED": Standing(listed=True, archived=False),
    "ARCHIVED": Standing(archived=True),
}


def status_of(model: Model) -> ModelStatus:
    """Return the one word for where a model stands."""
    return next(word for word, standing in MODEL_WORDS.items() if standing.fits(model))


def filter_of(status: ModelStatus | None, model_type: ModelTypeName | None, *, account_id: str) -> ModelFilter:
    """Return which models a list's query asks for."""
    where = MODEL_WORDS[status] if status else Standing()
    kind = MODEL_TYPES[model_type] if model_type else None
    return ModelFilter(account_id, builds=where.builds, listed=where.listed, archived=where.archived, model_type=kind)


def measured(kind: type[Values], values: Mapping[str, float | None]) -> Values:
    """Return measured values as an answer: the documented ones, null where there is none, then all others."""
    return kind.model_validate({name: values.get(name) for name in (*kind.model_fields, *values)})


def moment(at: datetime | None) -> str | None:
    """Write a moment as the face does: ISO 8601, UTC, `Z`."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def gate_of(gate: GateVerdict) -> retraining.GateVerdict:
    """Return how a version compares with the one that served."""
    return retraining.GateVerdict.model_validate(gate.model_dump())


def retraining_of(model: Model, *, at: datetime) -> retraining.Retraining | None:
    """Return how a model's retraining stands; None where it is not retrained by itself."""
    if retrain_of(model.market.training_config) is None:
        return None
    serving, last = model.in_service, model.schedule.last
    ends = serving.expires_at if serving else None
    told = {"next_at": model.schedule.next_at, "expires_at": ends, "last": _turn_of(last) if last else None}
    given = {name: value for name, value in told.items() if value is not None}
    return retraining.Retraining.model_validate({"expired": ends is not None and ends <= at, **given})


def _turn_of(last: LastTurn) -> retraining.LastTurn:
    told = {"job_id": last.job_id, "version": last.version, "gate": gate_of(last.gate) if last.gate else None}
    given = {name: value for name, value in told.items() if value is not None}
    return retraining.LastTurn.model_validate({"at": last.at, "outcome": last.outcome.value.upper(), "reason": last.reason, **given})


MESSAGES: Final[Mapping[type[PlatformError], str]] = {
    NotADraftError: "Only a model in DRAFT can be changed or deleted; of others, name and description can be changed.",
    JobEndedError: "Only a pending or running job can be cancelled.",
}


def in_words(error: PlatformError) -> tuple[str, Mapping[str, list[str]]]:
    """Return an error's message and details; the domain's own where they name nothing that this face calls otherwise."""
    match error:
        case WrongStateError():
            message = MESSAGES.get(type(error), error.message)
            return message, {"status": [f"The {error.noun} is {STATE_WORDS[error.state]}."]}
        case PriorityNotAllowedError():
            wanted, allowed = PRIORITY_WORDS[error.priority], ", ".join(PRIORITY_WORDS[each] for each in error.allowed)
            message = f"Priority {wanted} needs the tier {' or '.join(error.needed)}; this account is on {error.tier}."
            return message, {"priority": [f"Allowed on this tier: {allowed}."]}
        case WebhookDisabledError():
            return error.message, {"enabled": [error.reason, 'Enable it first: PATCH {"enabled": true}.']}
        case _:
            return error.message, error.details
