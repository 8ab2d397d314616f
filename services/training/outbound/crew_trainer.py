"""Ray Train's trainer without the parts that our jobs have no use for."""

from typing import Any

from ray.train.torch import TorchTrainer
from ray.train.v2._internal.callbacks.datasets import DatasetsCallback
from ray.train.v2._internal.callbacks.placement_group_callback import PlacementGroupCleanerCallback


class CrewTrainer(TorchTrainer):
    """A TorchTrainer.

    Ray's cleaner of placement groups is a detached actor that asks the dashboard whether the trainer still lives. Without a dashboard it
    stays for ever; and there is nothing to clean, as our workers have nothing set aside. The manager of Ray's datasets is another process
    that has to start before the workers do; ours get their rows with their task.
    """

    def _create_default_callbacks(self) -> list[Any]:
        found: list[Any] = super()._create_default_callbacks()  # type: ignore[misc]  # Ray is typed in part
        return [each for each in found if not isinstance(each, (PlacementGroupCleanerCallback, DatasetsCallback))]
