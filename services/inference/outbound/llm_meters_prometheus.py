"""The LLM's metrics."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from libs.chassis.liveness.measures import Measure, Values
from libs.contracts.llm import LlmReason
from services.inference.domain.llm import LlmBooks
from services.inference.domain.llm_prices import usd

SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)


def budget_measure(books: LlmBooks, *, registry: CollectorRegistry, clock: Callable[[], datetime]) -> Measure:
    """Return the measure of how much of the platform's budget of today is spent or held."""
    used = Gauge(
        "modelbourse_llm_budget_used_ratio",
        "Share of today's budget of the LLM that calls have cost or hold. Of the platform, so take max over instances.",
        [],
        registry=registry,
    )

    async def read() -> Sequence[Values]:
        today = await books.spent(None, tier="", day=clock())
        spent, budget = today.cost_usd + today.held_usd, today.budget_usd or 0.0
        return [{(): spent / budget if budget else 1.0}]

    return Measure("measuring the LLM's budget", [used], read)


class LlmMetersPrometheus:
    """Implements the port LlmMeters."""

    def __init__(self, registry: CollectorRegistry, *, configured: bool) -> None:
        self._calls = Counter(
            "modelbourse_llm_calls_total", "Calls of the LLM's provider, by what came of them.", ["outcome"], registry=registry
        )
        self._called_at = Gauge(
            "modelbourse_llm_called_at_seconds",
            "When the provider was last called with this outcome, in Unix time: take max over instances.",
            ["outcome"],
            registry=registry,
        )
        self._aside = Counter(
            "modelbourse_llm_put_aside_total",
            "Answers of the LLM that do not stand, and calls that were not made, by reason.",
            ["reason"],
            registry=registry,
        )
        self._calls.labels("ok")
        for reason in LlmReason:
            # A count that begins at one would look as if it had never grown.
            self._calls.labels(reason)
            self._aside.labels(reason)
        self._cost = Counter("modelbourse_llm_cost_usd_total", "What calls have cost, in US dollars.", registry=registry)
        self._seconds = Histogram("modelbourse_llm_call_seconds", "Time of a call of the provider.", buckets=SECONDS, registry=registry)
        Gauge("modelbourse_llm_configured", "Whether an LLM is configured.", registry=registry).set(float(configured))

    def called(self, *, outcome: str, seconds: float, cost: int) -> None:
        """Count a call: `ok` or the reason why it failed."""
        self._calls.labels(outcome).inc()
        self._called_at.labels(outcome).set_to_current_time()
        self._seconds.observe(seconds)
        self._cost.inc(usd(cost))

    def put_aside(self, reason: LlmReason) -> None:
        """Count an answer that was put aside, or a call that was not made."""
        self._aside.labels(reason).inc()
