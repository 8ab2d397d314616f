"""The gateway's wiring of what Trading AI has that no other face has yet."""

from dataclasses import dataclass
from typing import Any

from libs.chassis.bus.handlers import Facts
from libs.market.age import Ages
from services.gateway.inbound.faces.trading_ai.backtests import BacktestUseCases
from services.gateway.platform import Platform
from services.gateway.settings import Settings


@dataclass(frozen=True, slots=True)
class TradingParts:
    """What signals, tasks, deployments, alerts and the chat add to the app."""

    use_cases: tuple[Any, ...]

    async def prepare(self) -> None:
        """Make indexes."""

    def bind(self, facts: Facts) -> None:
        """Listen to events of signals and deployments."""


def make_trading(settings: Settings, *, platform: Platform) -> TradingParts:
    """Wire it."""
    jobs = platform.job_parts
    return TradingParts(use_cases=(BacktestUseCases(jobs.jobs, jobs.start, jobs.stop, Ages(settings.stale_after_bars), platform.files),))
