"""Join kept predictions with what came; any number of gateways may do so at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import PlatformError
from libs.contracts.outcomes import ReadOutcomes
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.predictions.kept import SCORED_MOST, KeptPrediction, KeptPredictions, LiveMetrics, live_metrics
from services.gateway.domain.services import Inference
from services.gateway.usecases.datasets.find_own import FindOwn

# Longer than looking for those of a round takes: whoever has taken predictions and dies leaves them to another after this.
LEASE: Final = timedelta(minutes=10)
SOON: Final = timedelta(minutes=2)
ROUNDS_MOST, TAKEN_MOST = 20, 200
NOT_ASKED: Final = "The candles could not be asked for."


@dataclass(frozen=True, slots=True)
class JoinOutcomes:
    """Looks for what is due, the longest due first."""

    kept: KeptPredictions
    inference: Inference
    own: FindOwn
    clock: Clock
    synthetic_allowed: bool

    async def __call__(self) -> int:
        """Return how many outcomes are known now that were not before. Raise UnavailableError or AskTimeoutError."""
        count = 0
        for _ in range(ROUNDS_MOST):
            taken = left = await self._take()
            try:
                # What one artifact has said of one symbol is asked for at once: inference reads the candles once for all of it.
                while left:
                    alike = [each for each in left if _alike(each) == _alike(left[0])]
                    count += await self._join(alike)
                    left = [each for each in left if _alike(each) != _alike(alike[0])]
            except PlatformError:
                for each in left:
                    await self.kept.put_back(each.id, until=self.clock() + SOON, why=NOT_ASKED, final=False)
                raise
            if len(taken) < TAKEN_MOST:
                break
        return count

    async def _take(self) -> list[KeptPrediction]:
        taken: list[KeptPrediction] = []
        while len(taken) < TAKEN_MOST:
            at = self.clock()
            prediction = await self.kept.take(at=at, until=at + LEASE)
            if prediction is None:
                break
            taken.append(prediction)
        return taken

    async def _join(self, alike: Sequence[KeptPrediction]) -> int:
        """Join predictions of one artifact for one symbol; return of how many the outcome is known now."""
        one, now = alike[0], self.clock()
        assert one.symbol is not None
        own = await self.own(one.account_id)
        ask = ReadOutcomes(
            artifact=one.artifact,
            symbol=one.symbol,
            timeframe=one.timeframe,
            target=one.target,
            horizon=one.horizon,
            horizon_in=one.horizon_in,
            moments=tuple(each.at for each in alike),
            synthetic_allowed=self.synthetic_allowed,
            own=next(iter(own.references([one.symbol], timeframe=one.timeframe)), None),
        )
        try:
            outcomes = (await self.inference.outcomes(ask)).outcomes
        except AskRefusedError as error:
            for each in alike:
                await self.kept.put_back(each.id, until=each.again_at(now), why=error.message, final=False)
            return 0
        known = 0
        for each, came in zip(alike, outcomes, strict=True):
            if came.value is None or came.known_at is None:
                await self.kept.put_back(each.id, until=each.again_at(now), why=came.reason or "", final=came.final)
                continue
            await self.kept.judge(each.id, each.judged(came.value, known_at=came.known_at))
            known += 1
        return known


def _alike(prediction: KeptPrediction) -> tuple[str, ...]:
    """Return what predictions have in common that one ask is for."""
    return prediction.account_id, prediction.artifact, prediction.symbol or "", prediction.target, prediction.timeframe


@dataclass(frozen=True, slots=True)
class ScoreLive:
    """How good a model's kept predictions have been."""

    kept: KeptPredictions

    async def __call__(self, model_id: str, *, account_id: str) -> LiveMetrics:
        """Return the score of the newest outcomes. Raise UnavailableError."""
        return live_metrics(await self.kept.known(model_id, account_id=account_id, most=SCORED_MOST))
