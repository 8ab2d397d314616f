"""The fleet's samples put together: what is each process's own is added up, of what replicas measure alike the most is taken."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, Protocol, TypeAlias

CONSUMER_LAG: Final = "modelbourse_consumer_lag"
# As the broker says, by monitoring's look.
GROUP_LAG: Final = "modelbourse_group_lag"
GROUP_MEMBERS: Final = "modelbourse_group_members"
JOBS_QUEUED: Final = "modelbourse_jobs_queued"
DEAD_LETTERS: Final = "modelbourse_dead_letters_waiting"
LLM_BUDGET: Final = "modelbourse_llm_budget_used_ratio"
Key: TypeAlias = tuple[str, ...]


class Sample(Protocol):
    """One number of one process's metrics; `service` and `instance` are among its labels."""

    @property
    def name(self) -> str:
        """What is measured."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Of what."""

    @property
    def value(self) -> float:
        """How much; not a number where it could not be measured."""


class Samples:
    """Samples by name; what could not be measured is left out."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._by_name: dict[str, list[Sample]] = defaultdict(list)
        for sample in samples:
            if not math.isnan(sample.value):
                self._by_name[sample.name].append(sample)

    def named(self, name: str) -> list[Sample]:
        """Return the samples of a name."""
        return self._by_name.get(name, [])

    def sums(self, name: str, *labels: str) -> dict[Key, float]:
        """Add up a name's samples by these labels."""
        found: dict[Key, float] = defaultdict(float)
        for sample in self.named(name):
            found[_key(sample, labels)] += sample.value
        return dict(found)

    def most(self, name: str, *labels: str) -> dict[Key, float]:
        """Return the largest of a name's samples by these labels."""
        found: dict[Key, float] = {}
        for sample in self.named(name):
            key = _key(sample, labels)
            found[key] = max(found.get(key, sample.value), sample.value)
        return found


def _key(sample: Sample, labels: tuple[str, ...]) -> Key:
    return tuple(sample.labels[label] for label in labels)
