"""Analyse the tracked symbols one after another, by turns that all replicas share: whoever is free takes the one that is due."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from libs.chassis.liveness.failures import report_failure
from libs.contracts.analyses import Analyze
from libs.quant.analysis.reading import Reading
from services.inference.domain.analyses import NoView, Rounds, Skip, Skipped, TrackedCandles, Turn

EVERY: Final = timedelta(minutes=5)
APART: Final = timedelta(seconds=10)
# Longer than an analysis takes that waits for an LLM; after it, another takes the turn of one that died.
LEASE: Final = timedelta(seconds=90)
PLATFORM: Final = "platform"


@dataclass(frozen=True, slots=True)
class AnalyzeTracked:
    """One turn at a time. A turn that was cut off is taken again when its lease is over. `analyze` makes, keeps and tells a signal."""

    symbols: Sequence[str]
    rounds: Rounds
    candles: TrackedCandles
    analyze: Callable[[Analyze, Sequence[Reading]], Awaitable[Any]]
    skipped: Skipped
    clock: Callable[[], datetime]
    holder: str

    async def __call__(self) -> bool:
        """Analyse the symbol whose turn it is, or say why not. Return False where no turn was due."""
        at = self.clock()
        turn = await self.rounds.take(holder=self.holder, at=at, until=at + LEASE) if self.symbols else None
        if turn is None:
            return False
        if turn.place == 0:
            await self.skipped.keep(self.symbols)
        if turn.place < len(self.symbols):
            await self._see_to(self.symbols[turn.place])
        after, due_at = _after(turn, of=len(self.symbols), at=self.clock())
        await self.rounds.end(turn, holder=self.holder, after=after, due_at=due_at)
        return True

    async def _see_to(self, symbol: str) -> None:
        try:
            reason = await self._analyze(symbol)
        except Exception as error:  # noqa: BLE001  # one symbol's trouble is not the others'
            report_failure(error, work=f"the periodic analysis of {symbol}")
            reason = f"it could not be analysed: {type(error).__name__}"
        if reason is None:
            await self.skipped.clear(symbol)
        else:
            await self.skipped.note(Skip(symbol, reason, self.clock()))

    async def _analyze(self, symbol: str) -> str | None:
        """Analyse a symbol; return why it was passed over, None where it was not."""
        found = await self.candles.load(symbol, at=self.clock())
        if isinstance(found, NoView):
            return found.reason
        ask = Analyze(symbol=symbol, account_id=None, tier=PLATFORM, market=found.market)
        await self.analyze(ask, found.readings)
        return None


def _after(turn: Turn, *, of: int, at: datetime) -> tuple[Turn, datetime]:
    """Return the turn that comes after one that ends now, and when it is due: symbols ten seconds apart, rounds five minutes."""
    if turn.place + 1 < of:
        return Turn(turn.place + 1, turn.round_at), at + APART
    due_at = max(turn.round_at + EVERY, at + APART)
    return Turn(0, due_at), due_at
