"""AI Engine, noun by noun, for the client that is awaited: each is loaded when it is used, as few commands need any."""

from functools import cached_property
from typing import TYPE_CHECKING

from modelbourse.awaiting import AsyncNoun

if TYPE_CHECKING:
    from modelbourse.engine import async_nouns as nouns


class AsyncEngine(AsyncNoun):
    """What AI Engine knows."""

    @cached_property
    def models(self) -> "nouns.AsyncModels":
        """Models by type, features and target."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncModels(self._gateway, self._performer)

    @cached_property
    def experiments(self) -> "nouns.AsyncExperiments":
        """Searches for the best hyperparameters."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncExperiments(self._gateway, self._performer)

    @cached_property
    def tuning(self) -> "nouns.AsyncTuning":
        """Searches for a model's best hyperparameters."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncTuning(self._gateway, self._performer)

    @cached_property
    def registry(self) -> "nouns.AsyncRegistry":
        """Versions of models by name."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncRegistry(self._gateway, self._performer)

    @cached_property
    def environments(self) -> "nouns.AsyncEnvironments":
        """Markets in which agents learn to trade."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncEnvironments(self._gateway, self._performer)

    @cached_property
    def agents(self) -> "nouns.AsyncAgents":
        """Agents that learn to trade."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncAgents(self._gateway, self._performer)

    @cached_property
    def predictions(self) -> "nouns.AsyncPredictions":
        """Predictions of rows, kept."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncPredictions(self._gateway, self._performer)

    @cached_property
    def importance(self) -> "nouns.AsyncImportance":
        """What the features of a model are worth to it."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncImportance(self._gateway, self._performer)

    @cached_property
    def jobs(self) -> "nouns.AsyncOwnJobs":
        """Jobs of every kind."""
        from modelbourse.engine import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncOwnJobs(self._gateway, self._performer)
