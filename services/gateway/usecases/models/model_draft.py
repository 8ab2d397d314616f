"""What a user decides about a model before it is trained; checked at the edge."""

from dataclasses import dataclass

from libs.contracts.training import TrainingSpec


@dataclass(frozen=True, slots=True)
class ModelDraft:
    """Name, description and everything that decides the training's result.

    `slug` is the readable id that the model should have, which is its name then; None for none.
    """

    name: str
    description: str
    spec: TrainingSpec
    slug: str | None = None
