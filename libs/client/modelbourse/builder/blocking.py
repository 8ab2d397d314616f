"""Model Builder, noun by noun, for the client that blocks: each is loaded when it is used, as few commands need any."""

from functools import cached_property
from typing import TYPE_CHECKING

from modelbourse.blocking import Noun

if TYPE_CHECKING:
    from modelbourse.builder import nouns


class Builder(Noun):
    """What Model Builder knows."""

    @cached_property
    def files(self) -> "nouns.Files":
        """Your data root, from which trainings read and into which jobs write."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Files(self._gateway, self._performer)

    @cached_property
    def data(self) -> "nouns.Data":
        """Checks of texts before anything is trained, and reports on them."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Data(self._gateway, self._performer)

    @cached_property
    def trainings(self) -> "nouns.Trainings":
        """Trainings on texts."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Trainings(self._gateway, self._performer)

    @cached_property
    def exports(self) -> "nouns.Exports":
        """Models made into files for other servers."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Exports(self._gateway, self._performer)

    @cached_property
    def registry(self) -> "nouns.Registry":
        """Versions of models by name, as MLflow has them."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Registry(self._gateway, self._performer)

    @cached_property
    def predictions(self) -> "nouns.Predictions":
        """What a model says of texts."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Predictions(self._gateway, self._performer)

    @cached_property
    def scores(self) -> "nouns.Scores":
        """The sentiment of texts as a column of candles."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Scores(self._gateway, self._performer)

    @cached_property
    def keys(self) -> "nouns.Keys":
        """API keys with permissions to train, export, register."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Keys(self._gateway, self._performer)

    @cached_property
    def health(self) -> "nouns.Health":
        """Whether Model Builder works, and what it has."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Health(self._gateway, self._performer)
