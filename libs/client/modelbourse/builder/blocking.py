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
    def trainings(self) -> "nouns.Trainings":
        """Trainings on texts."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Trainings(self._gateway, self._performer)

    @cached_property
    def keys(self) -> "nouns.Keys":
        """API keys with permissions to train, export, register."""
        from modelbourse.builder import nouns  # noqa: PLC0415  # as above

        return nouns.Keys(self._gateway, self._performer)
