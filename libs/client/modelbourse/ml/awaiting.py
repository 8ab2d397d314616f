"""ML Development, noun by noun, for the client that is awaited: each is loaded when it is used, as few commands need any."""

from functools import cached_property
from typing import TYPE_CHECKING

from modelbourse.awaiting import AsyncNoun

if TYPE_CHECKING:
    from modelbourse.ml import async_nouns


class AsyncMl(AsyncNoun):
    """What ML Development knows."""

    @cached_property
    def recipes(self) -> "async_nouns.AsyncRecipes":
        """Recipes and their versions."""
        from modelbourse.ml import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncRecipes(self._gateway, self._performer)

    @cached_property
    def runs(self) -> "async_nouns.AsyncRuns":
        """Trainings, evaluations and backtests of recipes."""
        from modelbourse.ml import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncRuns(self._gateway, self._performer)

    @cached_property
    def models(self) -> "async_nouns.AsyncModels":
        """Models that recipes make."""
        from modelbourse.ml import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncModels(self._gateway, self._performer)

    @cached_property
    def monitoring(self) -> "async_nouns.AsyncMonitoring":
        """How models of whatever kind do in production."""
        from modelbourse.ml import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncMonitoring(self._gateway, self._performer)

    @cached_property
    def examples(self) -> "async_nouns.AsyncExamples":
        """Synthetic rows that show what a recipe learns from."""
        from modelbourse.ml import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncExamples(self._gateway, self._performer)

    @cached_property
    def chat(self) -> "async_nouns.AsyncChat":
        """Questions about recipes, runs and models."""
        from modelbourse.ml import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncChat(self._gateway, self._performer)
