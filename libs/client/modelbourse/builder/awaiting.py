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
    def trainings(self) -> "nouns.AsyncTrainings":
        """Trainings on texts."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncTrainings(self._gateway, self._performer)

    @cached_property
    def keys(self) -> "nouns.AsyncKeys":
        """API keys with permissions to train, export, register."""
        from modelbourse.builder import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncKeys(self._gateway, self._performer)
