"""Trading AI, part by part, for the client that is awaited: each is loaded when it is used, as few commands need any."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from modelbourse.awaiting import AsyncItems, AsyncNoun

if TYPE_CHECKING:
    from modelbourse.answers.trading_ai.live import Topic
    from modelbourse.answers.trading_ai.monitoring import SystemHealth
    from modelbourse.trading_ai import async_nouns as nouns
    from modelbourse.trading_ai.live import Broadcast


class AsyncTradingAi(AsyncNoun):
    """What Trading AI knows."""

    @cached_property
    def signals(self) -> "nouns.AsyncSignals":
        """Analyses of a market, and what became of them."""
        from modelbourse.trading_ai import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncSignals(self._gateway, self._performer)

    @cached_property
    def backtests(self) -> "nouns.AsyncBacktests":
        """Strategies, played on candles of the past."""
        from modelbourse.trading_ai import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncBacktests(self._gateway, self._performer)

    @cached_property
    def tasks(self) -> "nouns.AsyncTasks":
        """Trainings of networks and backtests."""
        from modelbourse.trading_ai import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncTasks(self._gateway, self._performer)

    @cached_property
    def trainings(self) -> "nouns.AsyncTrainings":
        """Trainings of networks, and their deployment."""
        from modelbourse.trading_ai import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncTrainings(self._gateway, self._performer)

    @cached_property
    def alerts(self) -> "nouns.AsyncAlerts":
        """What needs a look."""
        from modelbourse.trading_ai import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncAlerts(self._gateway, self._performer)

    @cached_property
    def chat(self) -> "nouns.AsyncChat":
        """Questions about the platform."""
        from modelbourse.trading_ai import async_nouns  # noqa: PLC0415  # as above

        return async_nouns.AsyncChat(self._gateway, self._performer)

    async def health(self) -> "SystemHealth":
        """Return how the platform is, also when it is unhealthy; see `monitoring.get_health`."""
        from modelbourse.trading_ai.monitoring import get_health  # noqa: PLC0415  # as above

        return await self._performer.run(get_health(self._gateway))

    def live(
        self,
        *,
        types: "Topic | Iterable[Topic] | None" = None,
        symbols: str | Iterable[str] | None = None,
        events: str | Iterable[str] | None = None,
        progress: bool = False,
    ) -> "AsyncItems[Broadcast, None]":
        """Iterate over signals, deployments, your own trainings, alerts and account's events as they come; see `live.listen`."""
        from modelbourse.trading_ai.live import listen  # noqa: PLC0415  # as above

        flow = listen(self._gateway, types=types, symbols=symbols, events=events, progress=progress)
        return AsyncItems(self._performer, flow)
