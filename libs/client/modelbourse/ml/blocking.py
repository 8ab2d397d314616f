"""ML Development, noun by noun, for the client that blocks: each is loaded when it is used, as few commands need any."""

from functools import cached_property
from typing import TYPE_CHECKING

from modelbourse.blocking import Noun

if TYPE_CHECKING:
    from modelbourse.ml import nouns


class Ml(Noun):
    """What ML Development knows."""

    @cached_property
    def recipes(self) -> "nouns.Recipes":
        """Recipes and their versions."""
        from modelbourse.ml import nouns  # noqa: PLC0415  # as above

        return nouns.Recipes(self._gateway, self._performer)

    @cached_property
    def runs(self) -> "nouns.Runs":
        """Trainings, evaluations and backtests of recipes."""
        from modelbourse.ml import nouns  # noqa: PLC0415  # as above

        return nouns.Runs(self._gateway, self._performer)

    @cached_property
    def models(self) -> "nouns.Models":
        """Models that recipes make."""
        from modelbourse.ml import nouns  # noqa: PLC0415  # as above

        return nouns.Models(self._gateway, self._performer)

    @cached_property
    def monitoring(self) -> "nouns.Monitoring":
        """How models of whatever kind do in production."""
        from modelbourse.ml import nouns  # noqa: PLC0415  # as above

        return nouns.Monitoring(self._gateway, self._performer)

    @cached_property
    def examples(self) -> "nouns.Examples":
        """Synthetic rows that show what a recipe learns from."""
        from modelbourse.ml import nouns  # noqa: PLC0415  # as above

        return nouns.Examples(self._gateway, self._performer)

    @cached_property
    def chat(self) -> "nouns.Chat":
        """Questions about recipes, runs and models."""
        from modelbourse.ml import nouns  # noqa: PLC0415  # as above

        return nouns.Chat(self._gateway, self._performer)
