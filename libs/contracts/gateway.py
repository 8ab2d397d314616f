"""What the gateway tells: models come, change, are put away and go; a webhook is given up."""

from typing import ClassVar

from pydantic import Field

from libs.contracts.envelope import Event, Moment
from libs.contracts.training import TrainingSpec


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
    """A draft's configuration was changed; carries the whole of it."""

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


class WebhookDisabled(Event):
    """Nothing is delivered to a webhook any more: its receiver answers with failure alone, or wants no more."""

    topic: ClassVar[str] = "webhook.disabled"
    key_field: ClassVar[str] = "webhook_id"

    webhook_id: str
    account_id: str
    reason: str = Field(description="For people.")
    failing_since: Moment | None = Field(description="When the failures began that no success has followed.")
