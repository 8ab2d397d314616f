"""Trading AI, part by part, for the client that blocks: each is loaded when it is used, as few commands need any."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from modelbourse.blocking import Items, Noun

if TYPE_CHECKING:
    from modelbourse.answers.trading_ai.live import Topic
    from modelbourse.answers.trading_ai.monitoring import SystemHealth
    from modelbourse.trading_ai import nouns
    from modelbourse.trading_ai.live import Broadcast


class TradingAi(Noun):
    """What Trading AI knows."""

    @cached_property
    def signals(self) -> "nouns.Signals":
        """Analyses of a market, and what became of them."""
        from modelbourse.trading_ai import nouns  # noqa: PLC0415  # as above

        return nouns.Signals(self._gateway, self._performer)

    @cached_property
    def backtests(self) -> "nouns.Backtests":
        """Strategies, played on candles of the past."""
        from modelbourse.trading_ai import nouns  # noqa: PLC0415  # as above

        return nouns.Backtests(self._gateway, self._performer)

    @cached_property
    def tasks(self) -> "nouns.Tasks":
        """Trainings of networks and backtests."""
        from modelbourse.trading_ai import nouns  # noqa: PLC0415  # as above

        return nouns.Tasks(self._gateway, self._performer)

    @cached_property
    def trainings(self) -> "nouns.Trainings":
        """Trainings of networks, and their deployment."""
        from modelbourse.trading_ai import nouns  # noqa: PLC0415  # as above

        return nouns.Trainings(self._gateway, self._performer)

    @cached_property
    def alerts(self) -> "nouns.Alerts":
        """What needs a look."""
        from modelbourse.trading_ai import nouns  # noqa: PLC0415  # as above

        return nouns.Alerts(self._gateway, self._performer)

    @cached_property
    def chat(self) -> "nouns.Chat":
        """Questions about the platform."""
        from modelbourse.trading_ai import nouns  # noqa: PLC0415  # as above

        return nouns.Chat(self._gateway, self._performer)

    def health(self) -> "SystemHealth":
        """Return how the platform is, also when it is unhealthy; see `monitoring.get_health`."""
        from modelbourse.trading_ai.monitoring import get_health  # noqa: PLC0415  # as above

        return self._performer.run(get_health(self._gateway))

    def live(
        self,
        *,
        types: "Topic | Iterable[Topic] | None" = None,
        symbols: str | Iterable[str] | None = None,
        events: str | Iterable[str] | None = None,
        progress: bool = False,
    ) -> "Items[Broadcast, None]":
        """Iterate over signals, deployments, your own trainings, alerts and account's events as they come; see `live.listen`."""
        from modelbourse.trading_ai.live import listen  # noqa: PLC0415  # as above

        flow = listen(self._gateway, types=types, symbols=symbols, events=events, progress=progress)
        return Items(self._performer.items(flow))
