"""What monitoring needs of the world."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from libs.contracts.envelope import Event
from services.monitoring.domain.instance import Health, Instance
from services.monitoring.domain.live_series import LiveSeries


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return now, aware, UTC."""


class Instances(Protocol):
    """The processes that are known."""

    async def find(self, name: str) -> Instance | None:
        """Return the instance of this name, or None."""

    async def present(self) -> Sequence[Instance]:
        """Return the instances that are not gone."""

    async def count(self) -> dict[Health, int]:
        """Return how many instances have each health."""

    async def save(self, instance: Instance, *events: Event) -> None:
        """Store the instance and what is to be told, both or neither.

        Raise InstanceChangedError when another wrote it since, or OutboxFullError while too much of it waits to be told.
        """


class AllLiveSeries(Protocol):
    """The live series whose refreshes were heard of."""

    async def find(self, series_id: str) -> LiveSeries | None:
        """Return the series of this id, or None."""

    async def without_alert(self) -> Sequence[LiveSeries]:
        """Return those about which no alert is open."""

    async def save(self, series: LiveSeries, *events: Event) -> None:
        """Store the series and what is to be told, both or neither.

        Raise SeriesChangedError when another wrote it since, or OutboxFullError while too much of it waits to be told.
        """
