"""Take feedback on signals, and say how good they were and what is kept of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from libs.chassis.errors import InvalidError
from libs.chassis.single_flight import SingleFlight
from libs.contracts.signals import (
    SYMBOLS_MOST,
    ClearStorage,
    FeedbackTaken,
    GiveFeedback,
    KeptAnalyses,
    ReadAnalyses,
    ReadPerformance,
    ReadStorage,
    SignalPerformance,
    Storage,
    StorageCleared,
    SymbolSkipped,
)
from libs.market.pairs import candles_of
from services.inference.domain.analyses import Skipped
from services.inference.domain.archive import Archive, Uptime
from services.inference.domain.signal_scores import Feedback, SignalScore, SignalScores, by_origin, figures_of

# The platform's figures are of many signals, and whoever likes may ask for them.
REMEMBERED_S: Final = 15.0
NO_UPTIME: Final = "no whole minute has been recorded yet"


@dataclass(frozen=True, slots=True)
class TakeFeedback:
    """Answers the ask GiveFeedback."""

    scores: SignalScores
    feedback: Feedback
    clock: Callable[[], datetime]

    async def __call__(self, ask: GiveFeedback) -> FeedbackTaken:
        """Keep feedback; on a signal that the platform did not make it is kept, and counts in no figure.

        Raise InvalidError where it says another symbol or signal than the platform's.
        """
        known, at = await self.scores.known(ask.signal_id, account_id=ask.account_id), self.clock()
        if known is not None:
            _check(ask, known)
        repeated = await self.feedback.put(ask, known, at=at)
        return FeedbackTaken(signal_id=ask.signal_id, known=known is not None, repeated=repeated, taken_at=at)


def _check(ask: GiveFeedback, known: SignalScore) -> None:
    problems: dict[str, list[str]] = {}
    if candles_of(ask.symbol) != candles_of(known.symbol):
        problems["symbol"] = [f"{known.signal_id} is a signal of {known.symbol}, not of {ask.symbol}."]
    if ask.predicted_signal != known.signal:
        problems["predicted_signal"] = [f"{known.signal_id} said {known.signal}, not {ask.predicted_signal}."]
    if problems:
        message = "The feedback is about another signal than its id says."
        raise InvalidError(message, details=problems)


@dataclass(frozen=True, slots=True)
class ShowPerformance:
    """Answers the ask ReadPerformance."""

    scores: SignalScores
    feedback: Feedback
    uptime: Uptime
    clock: Callable[[], datetime]
    _flight: SingleFlight[SignalPerformance] = field(default_factory=SingleFlight)
    _platform_s: dict[int | None, tuple[float, SignalPerformance]] = field(default_factory=dict)

    async def __call__(self, ask: ReadPerformance) -> SignalPerformance:
        """Return how good an account's signals were, or those that are public; the latter as they were some seconds ago at most."""
        if ask.account_id is not None:
            return await self._compute(ask)
        found = self._platform_s.get(ask.days)
        if found is None or time.monotonic() - found[0] > REMEMBERED_S:
            found = time.monotonic(), await self._flight(ask.days, lambda: self._compute(ask))
            self._platform_s[ask.days] = found
        return found[1]

    def forget(self) -> None:
        """Compute the platform's figures anew when they are asked for next."""
        self._platform_s.clear()

    async def _compute(self, ask: ReadPerformance) -> SignalPerformance:
        at = self.clock()
        since = at - timedelta(days=ask.days) if ask.days else None
        scored = await self.scores.tallies(account_id=ask.account_id, since=since)
        told = await self.feedback.tallies(account_id=ask.account_id, since=since) if ask.account_id else ()
        counted, share = [*scored, *told], await self.uptime.share(at)
        figures = figures_of(counted) | {"by_origin": by_origin(counted)}
        if share is None:
            figures["reasons"] |= {"uptime": NO_UPTIME}
        else:
            figures |= {"uptime": share[0], "uptime_since": share[1]}
        return SignalPerformance(**figures, computed_at=at)


@dataclass(frozen=True, slots=True)
class ShowStorage:
    """Answers the asks ReadAnalyses, ReadStorage and ClearStorage."""

    archive: Archive
    skips: Skipped
    interval: timedelta
    clock: Callable[[], datetime]

    async def analyses(self, ask: ReadAnalyses) -> KeptAnalyses:
        """Return the newest analyses."""
        since = self.clock() - timedelta(days=ask.days)
        return await self.archive.newest(account_id=ask.account_id, since=since, most=ask.limit, symbols=ask.symbols)

    async def storage(self, ask: ReadStorage) -> Storage:
        """Return what is stored."""
        found = await self.archive.by_symbol(account_id=ask.account_id, most=SYMBOLS_MOST)
        skipped = tuple(SymbolSkipped(symbol=each.symbol, reason=each.reason, at=each.at) for each in await self.skips.all())
        every = self.interval.total_seconds()
        return Storage(total=found.analyses, symbols=found.most, symbols_counted=found.symbols, skipped=skipped, interval_s=every)

    async def clear(self, _: ClearStorage) -> StorageCleared:
        """Remove all analyses."""
        return StorageCleared(cleared=await self.archive.clear())
