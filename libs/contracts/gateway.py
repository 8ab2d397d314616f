"""What the gateway tells: models come, change and go."""

from typing import ClassVar

from libs.contracts.envelope import Event
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
