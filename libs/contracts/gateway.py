"""What the gateway tells: accounts are erased; models come, change and go, their versions get stages; a webhook is given up."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from libs.contracts.envelope import Event, Message, Moment
from libs.contracts.retraining import GateVerdict
from libs.contracts.training import TrainingSpec


class Stage(StrEnum):
    """How far a version has come on its way into use."""

    NONE = "none"
    STAGING = "staging"
    PRODUCTION = "production"
    ARCHIVED = "archived"


class AccountErased(Event):
    """An account is gone for good, with all that says who it was; its id, which stays in ledgers, names nobody any more.

    Whoever keeps something of the account forgets it; the second time there is nothing left to forget.
    """

    topic: ClassVar[str] = "account.erased"
    key_field: ClassVar[str] = "account_id"

    account_id: str


class ModelCreated(Event):
    """An account has made a model."""

    topic: ClassVar[str] = "model.created"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    name: str
    description: str
    spec: TrainingSpec


class ModelUpdated(Event):
    """A model has another name or description or, while it is a draft, another configuration; carries the whole of it."""

    topic: ClassVar[str] = "model.updated"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    name: str
    description: str
    spec: TrainingSpec


class ModelDeleted(Event):
    """A model is gone."""

    topic: ClassVar[str] = "model.deleted"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str


class ModelArchived(Event):
    """Its owner has put a model away: it keeps its versions, is neither trained nor sold, and answers only who has paid for it."""

    topic: ClassVar[str] = "model.archived"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str


class ModelRestored(Event):
    """An archived model is in use again, as it was."""

    topic: ClassVar[str] = "model.restored"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str


class VersionStage(Message):
    """Where a version stands."""

    version: str
    # No enumeration: a reader of an older release must be able to read a stage that it does not know.
    stage: str = Field(description="none, staging, production or archived.")
    aliases: tuple[str, ...]


class ModelStaged(Event):
    """A version of a model has another stage or other aliases; carries all versions, and which of them serves now."""

    topic: ClassVar[str] = "model.staged"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    serving: str = Field(description="The version that answers.")
    versions: tuple[VersionStage, ...] = Field(description="The oldest first.")
    followed: bool = Field(
        default=False, description="Whether names of the registry follow it: not where the registry itself has given the stage."
    )


class ModelRetrained(Event):
    """A model's schedule has made a new version; it serves if it has passed its gate, else it is archived and the old one serves on."""

    topic: ClassVar[str] = "model.retrained"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    job_id: str
    version: str = Field(description="The version that was made.")
    passed: bool
    serving: str = Field(description="The version that answers now; not the new one, though it passed, where another is in production.")
    gate: GateVerdict
    next_at: Moment | None = Field(description="When the schedule's next turn is; null where it has none any more.")


class RetrainingSkipped(Event):
    """A turn of a model's schedule has started no training: there were no new candles, or what a training needs was refused."""

    topic: ClassVar[str] = "retraining.skipped"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    # No enumeration: a reader of an older release must be able to read a code that it does not know.
    code: str = Field(description="`no_new_candles`, or the code of what was refused, such as `insufficient_credits`.")
    reason: str = Field(description="For people.")
    next_at: Moment | None = Field(description="When it is tried again.")


class WebhookDisabled(Event):
    """Nothing is delivered to a webhook any more: its receiver answers with failure alone, or wants no more."""

    topic: ClassVar[str] = "webhook.disabled"
    key_field: ClassVar[str] = "webhook_id"

    webhook_id: str
    account_id: str
    reason: str = Field(description="For people.")
    failing_since: Moment | None = Field(description="When the failures began that no success has followed.")
