"""Ray Train's trainer without the one part of it that outlives a killed job."""

from typing import Any

from ray.train.torch import TorchTrainer
from ray.train.v2._internal.callbacks.placement_group_callback import PlacementGroupCleanerCallback


class CrewTrainer(TorchTrainer):
    """A TorchTrainer.

    Ray's cleaner of placement groups is a detached actor that asks the dashboard whether the trainer still lives. Without a dashboard it
    stays for ever; and there is nothing to clean, as our workers have nothing set aside.
    """

    def _create_default_callbacks(self) -> list[Any]:
        found: list[Any] = super()._create_default_callbacks()  # type: ignore[misc]  # Ray is typed in part
        return [each for each in found if not isinstance(each, PlacementGroupCleanerCallback)]
