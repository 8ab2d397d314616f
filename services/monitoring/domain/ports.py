"""What monitoring needs of the world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from libs.contracts.envelope import Event
from services.monitoring.domain.alert import KnownAlert
from services.monitoring.domain.instance import Health, Instance
from services.monitoring.domain.live_series import LiveSeries
from services.monitoring.domain.rules import MetricName

# Of each metric that can be read now, the value by subject; a metric that cannot be read is left out, and nothing is made of that.
Values: TypeAlias = Mapping[MetricName, Mapping[str, float]]


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

    async def left(self) -> Sequence[Instance]:
        """Return the instances that are gone and had not said that they stop."""

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


class Readings(Protocol):
    """What is measured of the platform."""

    async def __call__(self) -> Values:
        """Return what can be read now."""


class Alerts(Protocol):
    """All alerts that are not forgotten: those of the rules, and those that instances and series keep themselves."""

    async def get(self, alert_id: str) -> KnownAlert:
        """Return an alert. Raise AlertNotFoundError."""

    async def watched(self) -> Sequence[KnownAlert]:
        """Return the alerts of rules that are not resolved, and those that last though an operator has resolved them."""

    async def ended_at(self, condition: str) -> datetime | None:
        """Return when the last alert about this condition was resolved; None where there was none."""

    async def add(self, alert: KnownAlert, event: Event) -> bool:
        """Store a new alert of a rule with the event that tells of it; False where one is open about its condition."""

    async def save(self, alert: KnownAlert, *events: Event) -> None:
        """Store a changed alert with what tells of it, both or neither.

        Raise AlertChangedError when another wrote it since, or OutboxFullError.
        """

    async def hear_raised(self, alert: KnownAlert) -> None:
        """Take in an alert that something else keeps; what is known stays."""

    async def hear_resolved(self, alert_id: str, *, subject: str, raised_at: datetime, at: datetime, notes: str) -> None:
        """Take in that it is over; how it ended first stays. It may come before the alert itself."""
