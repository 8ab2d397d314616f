"""What a process counts of its part of the bus, for Prometheus: how far its consumers are behind, events, asks, dead letters.

Labels are names of the contracts, of groups and of topics as the broker has them, never ids: so many series there are at most.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, Literal, Protocol, TypeAlias
from weakref import WeakSet

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

SECONDS: Final = (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0)
Asked: TypeAlias = Literal["answered", "refused", "timeout", "broker_away", "abandoned"]
Answered: TypeAlias = Literal["answered", "refused", "late"]

EVENT_SECONDS: Final = Histogram(
    "modelbourse_event_seconds",
    "From when an event is taken up until it is handled or set aside, attempts and pauses included, by topic.",
    ["topic"],
    buckets=SECONDS,
    registry=None,
)
EVENT_FAILURES: Final = Counter(
    "modelbourse_event_failures", "Attempts to handle an event that failed, by topic.", ["topic"], registry=None
)
DEAD_LETTERS: Final = Counter(
    "modelbourse_dead_letters", "Messages that were set aside into `<topic>.dead`, by topic.", ["topic"], registry=None
)
ASKS: Final = Counter(
    "modelbourse_asks",
    "Asks that this process made, by ask and outcome: answered, refused, timeout, broker_away, abandoned (who asked has left).",
    ["ask", "outcome"],
    registry=None,
)
ASK_SECONDS: Final = Histogram(
    "modelbourse_ask_seconds", "From asking until the reply or the end of waiting, by ask.", ["ask"], buckets=SECONDS, registry=None
)
ASK_RECORD_ASKS: Final = Histogram(
    "modelbourse_ask_record_asks",
    "How many asks a record has, of those that may share one and are small enough, by ask.",
    ["ask"],
    buckets=(1, 2, 4, 8, 16, 32, 48),
    registry=None,
)
ANSWERS: Final = Counter(
    "modelbourse_answers",
    "Asks that this process took up, by ask and outcome: answered, refused, late (its deadline was over, so nobody waited).",
    ["ask", "outcome"],
    registry=None,
)
ANSWER_SECONDS: Final = Histogram(
    "modelbourse_answer_seconds", "Time to answer asks that were taken up together, by ask.", ["ask"], buckets=SECONDS, registry=None
)
_LAG: Final = Gauge(
    "modelbourse_consumer_lag",
    "Records of the partitions that this process has which are not handled yet, by group and topic as the broker names them, as far as the"
    " broker's last answer says. A partition is one process's, so sum over instances.",
    ["group", "topic"],
    registry=None,
)


class Listener(Protocol):
    """A consumer whose lag is shown."""

    group: str

    def lag(self) -> Mapping[str, int]:
        """Return by topic how many records are not handled yet."""
        ...


class ConsumerLag(Collector):
    """The lag of every consumer of this process that lives, counted when somebody looks and not before."""

    def __init__(self) -> None:
        self.listeners: WeakSet[Listener] = WeakSet()

    def collect(self) -> Iterator[Metric]:
        """Return the lag by group and topic."""
        _LAG.clear()
        for listener in list(self.listeners):
            for topic, records in listener.lag().items():
                _LAG.labels(listener.group, topic).inc(records)
        yield from _LAG.collect()

    def describe(self) -> Iterator[Metric]:
        """Return the family without counting."""
        yield from _LAG.describe()


LAG: Final = ConsumerLag()
BUS_METERS: Final[tuple[Collector, ...]] = (
    LAG,
    EVENT_SECONDS,
    EVENT_FAILURES,
    DEAD_LETTERS,
    ASKS,
    ASK_SECONDS,
    ASK_RECORD_ASKS,
    ANSWERS,
    ANSWER_SECONDS,
)


def count_ask(name: str, outcome: Asked, *, seconds: float) -> None:
    """Count one ask that has come to its end."""
    _asks(name, outcome).inc()
    _ask_seconds(name).observe(seconds)


def count_record(name: str, *, asks: int) -> None:
    """Count a record that was sent with so many asks."""
    _ask_record_asks(name).observe(asks)


def count_answers(name: str, *, answered: int, refused: int, seconds: float) -> None:
    """Count asks that were answered together."""
    _answers(name, "answered").inc(answered)
    _answers(name, "refused").inc(refused)
    _answer_seconds(name).observe(seconds)


def count_late(name: str) -> None:
    """Count an ask for whose answer nobody waits any more."""
    _answers(name, "late").inc()


# Looking a child up by its labels costs more than counting it.
@cache
def _asks(name: str, outcome: Asked) -> Counter:
    return ASKS.labels(name, outcome)


@cache
def _ask_seconds(name: str) -> Histogram:
    return ASK_SECONDS.labels(name)


@cache
def _ask_record_asks(name: str) -> Histogram:
    return ASK_RECORD_ASKS.labels(name)


@cache
def _answers(name: str, outcome: Answered) -> Counter:
    return ANSWERS.labels(name, outcome)


@cache
def _answer_seconds(name: str) -> Histogram:
    return ANSWER_SECONDS.labels(name)
