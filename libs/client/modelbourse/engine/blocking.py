"""AI Engine, noun by noun, for the client that blocks: each is loaded when it is used, as few commands need any."""

from functools import cached_property
from typing import TYPE_CHECKING

from modelbourse.blocking import Noun

if TYPE_CHECKING:
    from modelbourse.engine import nouns


class Engine(Noun):
    """What AI Engine knows."""

    @cached_property
    def models(self) -> "nouns.Models":
        """Models by type, features and target."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.Models(self._gateway, self._performer)

    @cached_property
    def experiments(self) -> "nouns.Experiments":
        """Searches for the best hyperparameters."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.Experiments(self._gateway, self._performer)

    @cached_property
    def tuning(self) -> "nouns.Tuning":
        """Searches for a model's best hyperparameters."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.Tuning(self._gateway, self._performer)

    @cached_property
    def registry(self) -> "nouns.Registry":
        """Versions of models by name."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.Registry(self._gateway, self._performer)

    @cached_property
    def environments(self) -> "nouns.Environments":
        """Markets in which agents learn to trade."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.Environments(self._gateway, self._performer)

    @cached_property
    def agents(self) -> "nouns.Agents":
        """Agents that learn to trade."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.Agents(self._gateway, self._performer)

    @cached_property
    def predictions(self) -> "nouns.Predictions":
        """Predictions of rows, kept."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.Predictions(self._gateway, self._performer)

    @cached_property
    def importance(self) -> "nouns.Importance":
        """What the features of a model are worth to it."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.Importance(self._gateway, self._performer)

    @cached_property
    def jobs(self) -> "nouns.OwnJobs":
        """Jobs of every kind."""
        from modelbourse.engine import nouns  # noqa: PLC0415  # as above

        return nouns.OwnJobs(self._gateway, self._performer)
