"""How the platform is: what was found of its parts, and the written thresholds by which that is healthy, degraded or unhealthy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from libs.contracts.access import SERVICES, access_of
from services.gateway.domain.alerts import AlertView

T = TypeVar("T")
Status: TypeAlias = Literal["healthy", "degraded", "unhealthy"]

SILENT_FOR: Final = timedelta(seconds=15)
# Monitoring tells of a silence after so long: three heartbeats that were missed.
TOLD_AFTER: Final = timedelta(seconds=9)
LETTER_YOUNG: Final = timedelta(minutes=10)
HOST_MOST: Final = 90.0
LAG_MOST: Final = 1000
LAG_FOR: Final = timedelta(seconds=60)
GROUPS: Final = frozenset(group for service in SERVICES for group in access_of(service).groups)
CALLED_WELL: Final = "ok"
STORES: Final = {"mongodb": "MongoDB", "redis": "Redis", "kafka": "Kafka"}
# What is known by the fleet's figures alone.
MEASURED: Final = {"kafka": "Consumer groups", "ray": "Ray", "llm": "The LLM"}
NO_WORKERS: Final = "No workers available: no instance of training is heard"
# Who answers is there.
ASKED: Final = "gateway"
# How each threshold reads on the page of health, in the order in which they are looked at.
UNHEALTHY_WHEN: Final = (
    "a store or the broker does not answer within a second (MongoDB, Redis, Kafka)",
    "no instance of a service is heard (training, inference, marketplace, monitoring)",
)
DEGRADED_WHEN: Final = (
    "an instance has been silent for 15 s",
    "a consumer group has been behind by more than 1,000 records for 60 s",
    "a dead letter is younger than 10 minutes",
    "more than 90 % of a host's disk or memory is used",
    "an alert of the level CRITICAL is open",
    "Ray is away",
    "an LLM is configured, and its last call failed or the day's budget is used up",
    "a consumer group has had no consumer for 60 s",
    "it is not known how workers, consumer groups, Ray or the LLM are",
)


@dataclass(frozen=True, slots=True)
class Probed(Generic[T]):
    """What a look at one part has brought: a value, or why there is none."""

    value: T | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What a store says of itself, by name, and why something is not known."""

    figures: Mapping[str, float | int | None]
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobFigures:
    """Of the jobs that ended within the last hour. Times are in seconds, and None where no job has them."""

    ended: int
    failed: int
    ran_s: float | None
    waited_s: float | None


@dataclass(frozen=True, slots=True)
class FleetFigures:
    """What the processes have measured of themselves within the last half minute; empty or None where nobody has."""

    lag: Mapping[str, int] = field(default_factory=dict)
    consumers: Mapping[str, int] = field(default_factory=dict)
    queued: int | None = None
    runners: Mapping[str, int] = field(default_factory=dict)
    ray: Mapping[str, int] = field(default_factory=dict)
    ended: Mapping[tuple[str, str], int] = field(default_factory=dict)
    following: Mapping[str, int] = field(default_factory=dict)
    hosts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    heard: frozenset[str] = frozenset()
    llm_configured: bool | None = None
    llm_calls: Mapping[str, datetime] = field(default_factory=dict)
    llm_budget_used: float | None = None

    @property
    def behind(self) -> set[str]:
        """The consumer groups that are too far behind."""
        return {group for group, lag in self.lag.items() if lag > LAG_MOST}

    @property
    def deserted(self) -> set[str]:
        """The consumer groups of the platform in which nobody is: as the broker says, else as far as consumers are heard."""
        # A namespace comes before the name.
        return set(GROUPS) - {_named(group) for group, consumers in self.consumers.items() if consumers}

    @property
    def unheard(self) -> set[str]:
        """The consumer groups of the platform of which nothing at all is known."""
        return set(GROUPS) - {_named(group) for group in self.consumers}

    def lag_of(self, group: str) -> int | None:
        """Return how far a group of the contracts is behind; None where that is not known."""
        return next((lag for name, lag in self.lag.items() if _named(name) == group), None)

    @property
    def llm_last(self) -> str | None:
        """What came of the last call of the LLM: `ok`, or the reason why it failed; None where none is known."""
        return max(self.llm_calls, key=self.llm_calls.__getitem__, default=None)


@dataclass(frozen=True, slots=True)
class Found:
    """All that was looked at, side by side."""

    at: datetime
    mongodb: Probed[StoreFigures]
    redis: Probed[StoreFigures]
    kafka: Probed[None]
    instances: Probed[Sequence[Mapping[str, Any]]]
    young_letters: Probed[int]
    alerts: Probed[Sequence[AlertView]]
    jobs: Probed[JobFigures]
    fleet: Probed[FleetFigures]
    own_hosts: Mapping[str, Mapping[str, float]]
    behind_since: Mapping[str, datetime] = field(default_factory=dict)
    deserted_since: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def hosts(self) -> Mapping[str, Mapping[str, float]]:
        """The hosts' figures: without the fleet's, those of our own host."""
        return (self.fleet.value.hosts if self.fleet.value else None) or self.own_hosts

    def heard(self, service: str) -> list[Mapping[str, Any]] | None:
        """Return the instances of a service that are heard; None where that is not known."""
        if self.instances.value is None:
            return None
        if service == "monitoring" and self.fleet.value is not None and service not in self.fleet.value.heard:
            return []  # Nobody else tells of its silence.
        return [each for each in self.instances.value if each["service"] == service and each["health"] in {"healthy", "degraded"}]


@dataclass(frozen=True, slots=True)
class Judged:
    """What that means: of each part and of the whole, in words."""

    status: Status
    parts: Mapping[str, Status]
    words: Mapping[str, str]
    warnings: Sequence[str]
    errors: Sequence[str]


def judge(found: Found) -> Judged:
    """Hold what was found against the thresholds (`UNHEALTHY_WHEN`, `DEGRADED_WHEN`)."""
    errors, warnings = list(_errors(found)), list(_warnings(found))
    parts: dict[str, Status] = {part: "degraded" for part, _ in warnings}
    parts |= {part: "unhealthy" for part, _ in errors}
    status: Status = "unhealthy" if errors else "degraded" if warnings else "healthy"
    told = [text for _, text in warnings] + _told(found.alerts.value or ())
    words = dict(warnings) | dict(errors)
    return Judged(status, parts, words, list(dict.fromkeys(told)), [text for _, text in errors])


def _errors(found: Found) -> Iterator[tuple[str, str]]:
    for part, name in STORES.items():
        if error := getattr(found, part).error:
            yield part, f"{name} is away: {error}"
    for service in SERVICES:
        heard = found.heard(service)
        if service != ASKED and heard is not None and not heard:
            yield service, NO_WORKERS if service == "training" else f"No instance of {service} is heard"


def _warnings(found: Found) -> Iterator[tuple[str, str]]:
    for each in found.instances.value or ():
        if each["health"] == "silent" and found.at - each["occurred_at"] >= SILENT_FOR - TOLD_AFTER:
            yield each["service"], f"{each['instance']} is silent since {each['occurred_at']:%H:%M:%S} UTC: {each['reason']}"
    yield from _alarms(found.alerts.value or ())
    if found.young_letters.value:
        yield "kafka", f"{found.young_letters.value} messages could not be handled within the last 10 minutes (dead letters)"
    yield from _full(found.hosts)
    if found.instances.error:
        yield "training", f"Which processes there are is not known: {found.instances.error}"
    if found.fleet.value is None:
        yield from ((part, f"{name}: not known: {found.fleet.error}") for part, name in MEASURED.items())
        return
    yield from _behind(found, found.fleet.value)
    if not found.fleet.value.ray:
        yield "ray", "Training has not reported a Ray cluster within the last 30 s"
    yield from _llm(found.fleet.value)


def _behind(found: Found, fleet: FleetFigures) -> Iterator[tuple[str, str]]:
    for group, since in found.behind_since.items():
        if found.at - since >= LAG_FOR:
            yield "kafka", f"{group} is {fleet.lag.get(group, 0)} records behind, more than {LAG_MOST} since {since:%H:%M:%S} UTC"
    for group, since in found.deserted_since.items():
        if found.at - since >= LAG_FOR:
            lag = fleet.lag_of(group)
            behind = "how far it is behind is not known" if lag is None else f"it is {lag} records behind"
            yield "kafka", f"{group} has no consumer since {since:%H:%M:%S} UTC; {behind}"


def _llm(fleet: FleetFigures) -> Iterator[tuple[str, str]]:
    last = fleet.llm_last
    if fleet.llm_configured is None:
        yield "llm", "Inference has not said within the last 30 s whether an LLM is configured"
    elif fleet.llm_configured and last is not None and last != CALLED_WELL:
        well = fleet.llm_calls.get(CALLED_WELL)
        before = f"the last good one was at {well:%H:%M:%S} UTC" if well else "none was good"
        yield "llm", f"The LLM's last call failed at {fleet.llm_calls[last]:%H:%M:%S} UTC ({last}); {before}"
    elif fleet.llm_configured and (fleet.llm_budget_used or 0.0) >= 1.0:
        yield "llm", "The day's budget for the LLM is used up: technical analyses stand alone"


def _named(group: str) -> str:
    return group[max(group.find("modelbourse."), 0) :]


def _alarms(alerts: Iterable[AlertView]) -> Iterator[tuple[str, str]]:
    for alert in alerts:
        if alert.rule == "consumer_lag":
            yield "kafka", f"{alert.title}: {alert.description}"
        elif alert.level == "critical" and alert.status == "open":
            yield alert.service, f"{alert.title}: {alert.description}"


def _full(hosts: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, str]]:
    for host, used in hosts.items():
        for resource in ("disk", "memory"):
            if used.get(resource, 0.0) > HOST_MOST:
                yield "hosts", f"{used[resource]:.1f} % of the {resource} of {host} is used"


def _told(alerts: Iterable[AlertView]) -> list[str]:
    """Return what the alerts that are not over say: each once, also those that do not degrade the whole."""
    return [f"{alert.title}: {alert.description}" for alert in alerts]
