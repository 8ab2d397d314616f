"""Score signals by what the market did, without anybody's feedback; any number of processes may do so at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.analyses import SignalGenerated
from services.inference.domain.archive import Uptime
from services.inference.domain.signal_scores import (
    PATIENCE,
    Closes,
    Scored,
    SignalScore,
    SignalScores,
    of_another_time,
    score_of,
    scored_by,
)

# Longer than scoring one takes: whoever has taken a signal and dies leaves it to another after this.
LEASE: Final = timedelta(minutes=2)
AGAIN_LEAST: Final = timedelta(minutes=5)
AT_ONCE_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class ScoreSignals:
    """Follows signals, and scores those whose horizon is over."""

    scores: SignalScores
    closes: Closes
    uptime: Uptime
    clock: Callable[[], datetime]

    async def follow(self, event: SignalGenerated) -> None:
        """Have a signal scored when its horizon is over."""
        if score := score_of(event):
            await self.scores.add(score)
            if why := of_another_time(event):
                await self.scores.keep(score.signal_id, why)

    async def __call__(self) -> int:
        """Score what is due; return how many have been. What has no candles yet waits, for a week at most."""
        await self.uptime.mark(self.clock())
        count = 0
        for _ in range(AT_ONCE_MOST):
            at = self.clock()
            score = await self.scores.take(at=at, until=at + LEASE)
            if score is None:
                break
            count += await self._score(score, at=at)
        return count

    async def _score(self, score: SignalScore, *, at: datetime) -> bool:
        try:
            found = await self.closes.after(score)
        except InvalidError as error:
            await self.scores.keep(score.signal_id, Scored("unscored", reason=error.message))
            return True
        if not isinstance(found, str):
            await self.scores.keep(score.signal_id, scored_by(score, found))
            return True
        if at < score.due_at + PATIENCE:
            await self.scores.put_back(score.signal_id, until=at + max(AGAIN_LEAST, (score.due_at - score.at) / 4))
            return False
        await self.scores.keep(score.signal_id, Scored("unscored", reason=found))
        return True
