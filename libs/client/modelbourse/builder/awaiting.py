"""Model Builder, noun by noun, for the client that is awaited: each is loaded when it is used, as few commands need any."""

from functools import cached_property
from typing import TYPE_CHECKING

from modelbourse.awaiting import AsyncNoun

if TYPE_CHECKING:
    from modelbourse.builder import async_nouns as nouns


class AsyncBuilder(AsyncNoun):
    """What Model Builder knows."""

    @cached_property
    def files(self) -> "nouns.AsyncFiles":
        """Your data root, from which trainings read and into which jobs write."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncFiles(self._gateway, self._performer)

    @cached_property
    def data(self) -> "nouns.AsyncData":
        """Checks of texts before anything is trained, and reports on them."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncData(self._gateway, self._performer)

    @cached_property
    def trainings(self) -> "nouns.AsyncTrainings":
        """Trainings on texts."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncTrainings(self._gateway, self._performer)

    @cached_property
    def exports(self) -> "nouns.AsyncExports":
        """Models made into files for other servers."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncExports(self._gateway, self._performer)

    @cached_property
    def registry(self) -> "nouns.AsyncRegistry":
        """Versions of models by name, as MLflow has them."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncRegistry(self._gateway, self._performer)

    @cached_property
    def predictions(self) -> "nouns.AsyncPredictions":
        """What a model says of texts."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncPredictions(self._gateway, self._performer)

    @cached_property
    def scores(self) -> "nouns.AsyncScores":
        """The sentiment of texts as a column of candles."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncScores(self._gateway, self._performer)

    @cached_property
    def keys(self) -> "nouns.AsyncKeys":
        """API keys with permissions to train, export, register."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncKeys(self._gateway, self._performer)

    @cached_property
    def health(self) -> "nouns.AsyncHealth":
        """Whether Model Builder works, and what it has."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncHealth(self._gateway, self._performer)
