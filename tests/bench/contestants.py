"""Who is asked for predictions side by side: ourselves, the bare shape, another server of models."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psutil

from tests.bench.load import measure


@dataclass(frozen=True)
class Contestant:
    """A server, where it takes predictions and all processes that one costs, by what they are called."""

    name: str
    port: int
    path: str
    processes: Mapping[str, Sequence[psutil.Process]]
    token: str = ""
    bodies: Sequence[bytes] = ()  # where it wants other bodies than ours
    share: float = 1.0  # of the requests of a round: a slow one's rounds are to take no longer than the others'

    def requests(self, full: int, *, concurrency: int) -> int:
        """Return how many of the `full` requests of a round are its own."""
        return max(concurrency, round(full * self.share))

    def cpu(self) -> dict[str, float]:
        """Return the seconds of CPU that each has used so far; the load generator, this process, is told too."""
        named = dict(self.processes) | {"load": [psutil.Process()]}
        return {name: sum(sum(process.cpu_times()[:2]) for process in each) for name, each in named.items()}


@dataclass(frozen=True)
class Round:
    """What one round of one contestant was."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # of all its processes, a prediction
    cores: Mapping[str, float]


@dataclass
class Rounds:
    """All rounds of one contestant at one concurrency."""

    rounds: list[Round] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Return the medians."""
        return {
            "per_s": round(self.of("per_s")),
            "p50_ms": round(self.of("p50_ms"), 2),
            "p99_ms": round(self.of("p99_ms"), 2),
            "cpu_ms_a_prediction": round(self.of("cpu_ms"), 3),
        }

    def cores(self) -> dict[str, float]:
        """Return how many cores each of its processes used, those that used one in a hundred at least."""
        named = {name: median(each.cores[name] for each in self.rounds) for name in self.rounds[0].cores}
        return {name: round(used, 2) for name, used in sorted(named.items(), key=lambda item: -item[1]) if used >= 0.01}

    def of(self, what: str) -> float:
        """Return the median of one figure."""
        return median(getattr(each, what) for each in self.rounds)

    def times(self, other: "Rounds", what: str) -> float:
        """Return the median of the rounds' ratios to another's rounds, which were measured next to them."""
        return median(getattr(own, what) / getattr(its, what) for own, its in zip(self.rounds, other.rounds, strict=True))


def play(contestant: Contestant, bodies: Sequence[bytes], *, concurrency: int, requests: int) -> Round:
    """Have a contestant answer so many requests, and return what that took."""
    before, began = contestant.cpu(), time.perf_counter()
    seen = measure(
        "127.0.0.1", contestant.port, path=contestant.path, token=contestant.token, bodies=contestant.bodies or bodies,
        concurrency=concurrency, requests=requests,
    )  # fmt: skip
    took = time.perf_counter() - began
    used = {name: seconds - before[name] for name, seconds in contestant.cpu().items()}
    cpu = sum(seconds for name, seconds in used.items() if name != "load")
    return Round(seen.throughput, seen.at(0.5), seen.at(0.99), cpu * 1000 / requests, {name: each / took for name, each in used.items()})
