"""When the platform raises an alert by itself, and when that is over: a table.

An alert is raised when a value has been above its threshold for so long, and ends when it is no longer above the lower `clear`
(hysteresis, as a thermostat has it: a value that swings about its threshold raises one alert and not many). After an end the same is not
raised again before the cooldown is over. What is measured no longer is over: its subject is gone. Where it is the subject itself that
measures (`unseen_lasts`), it is not over: consumers that died are behind still, and fall behind further.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from libs.contracts.monitoring import Level


class MetricName(StrEnum):
    """What is measured, of each subject."""

    CONSUMER_LAG = "consumer_lag"
    CPU = "cpu_usage_percent"
    MEMORY = "memory_usage_percent"
    DISK = "disk_usage_percent"
    QUEUE = "queue_depth"
    DEAD_LETTERS = "dead_letters"
    STORE = "store_away"
    SERVICE = "service_away"
    MISSING = "instances_missing"
    LLM_BUDGET = "llm_budget_percent"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `name` is the slug that readable ids have; `text` may name `{subject}`, `{value}` and `{threshold}`."""

    name: str
    metric: MetricName
    threshold: float
    clear: float
    after: timedelta
    cooldown: timedelta
    level: Level
    service: str
    title: str
    text: str
    unseen_lasts: bool = False

    def text_of(self, subject: str, value: float) -> str:
        """Return what is said of a subject."""
        return self.text.format(subject=subject, value=f"{value:.6g}", threshold=f"{self.threshold:g}")

    def service_of(self, subject: str) -> str:
        """Return the service, store or host that an alert is about."""
        return self.service or subject


NOW, SOON, MINUTE, LATER = timedelta(0), timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5)
RULES: Final = (
    Rule(
        name="store_away", metric=MetricName.STORE, threshold=0, clear=0, after=SOON, cooldown=NOW, level="critical", service="",
        title="Store away", text="{subject} does not answer.",
    ),
    Rule(
        name="service_away", metric=MetricName.SERVICE, threshold=0, clear=0, after=SOON, cooldown=NOW, level="critical", service="",
        title="Service away", text="No instance of {subject} is heard.",
    ),
    Rule(
        name="instances_missing", metric=MetricName.MISSING, threshold=0, clear=0, after=NOW, cooldown=NOW, level="high", service="",
        title="Instances missing", text="{value} instances of {subject} went without saying so, and nothing has come in their place.",
    ),
    Rule(
        name="consumer_lag", metric=MetricName.CONSUMER_LAG, threshold=1000, clear=500, after=MINUTE, cooldown=LATER, level="high",
        service="kafka", title="Consumers behind", text="{subject} is {value} records behind, more than {threshold} for a minute.",
        unseen_lasts=True,
    ),
    Rule(
        name="dead_letter", metric=MetricName.DEAD_LETTERS, threshold=0, clear=0, after=NOW, cooldown=MINUTE, level="medium",
        service="kafka", title="Dead letters", text="{value} messages could not be handled and wait for an operator.",
    ),
    Rule(
        name="high_cpu", metric=MetricName.CPU, threshold=85, clear=75, after=MINUTE, cooldown=LATER, level="high", service="",
        title="High CPU usage", text="The processors of {subject} are busy by {value} %, above {threshold} % for a minute.",
    ),
    Rule(
        name="memory", metric=MetricName.MEMORY, threshold=90, clear=85, after=SOON, cooldown=LATER, level="high", service="",
        title="High memory usage", text="{value} % of the memory of {subject} is used, above {threshold} %.",
    ),
    Rule(
        name="disk", metric=MetricName.DISK, threshold=90, clear=88, after=SOON, cooldown=LATER, level="high", service="",
        title="Disk nearly full", text="{value} % of the disk of {subject} is used, above {threshold} %.",
    ),
    Rule(
        name="queue_depth", metric=MetricName.QUEUE, threshold=30, clear=15, after=MINUTE, cooldown=LATER, level="medium",
        service="training", title="High queue depth", text="{value} jobs wait for a runner, more than {threshold} for a minute.",
    ),
    Rule(
        name="llm_budget", metric=MetricName.LLM_BUDGET, threshold=99.9, clear=95, after=NOW, cooldown=LATER, level="medium",
        service="llm", title="LLM budget used up", text="The day's budget for the LLM is used up: technical analyses stand alone.",
    ),
)  # fmt: skip
# The store in which alerts are kept is told of when it is back.
ABSENCE: Final = next(rule for rule in RULES if rule.metric is MetricName.STORE)
OWN_STORE: Final = "mongodb"
BY_METRIC: Final = {metric: tuple(rule for rule in RULES if rule.metric is metric) for metric in MetricName}
