"""Join kept predictions with what came; any number of gateways may do so at once."""

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

# Longer than looking for one takes: whoever has taken a prediction and dies leaves it to another after this.
LEASE: Final = timedelta(minutes=2)
AT_ONCE_MOST: Final = 2_000


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
        for _ in range(AT_ONCE_MOST):
            at = self.clock()
            prediction = await self.kept.take(at=at, until=at + LEASE)
            if prediction is None:
                break
            count += await self._join(prediction)
        return count

    async def _join(self, prediction: KeptPrediction) -> bool:
        assert prediction.symbol is not None
        again = prediction.again_at(self.clock())
        try:
            own = await self.own(prediction.account_id)
            ask = ReadOutcomes(
                artifact=prediction.artifact,
                symbol=prediction.symbol,
                timeframe=prediction.timeframe,
                target=prediction.target,
                horizon=prediction.horizon,
                moments=(prediction.at,),
                synthetic_allowed=self.synthetic_allowed,
                own=next(iter(own.references([prediction.symbol], timeframe=prediction.timeframe)), None),
            )
            came = (await self.inference.outcomes(ask)).outcomes[0]
        except AskRefusedError as error:
            await self.kept.put_back(prediction.id, until=again, why=error.message, final=False)
            return False
        except PlatformError:
            await self.kept.put_back(prediction.id, until=self.clock() + LEASE, why="The candles could not be asked for.", final=False)
            raise
        if came.value is None or came.known_at is None:
            await self.kept.put_back(prediction.id, until=again, why=came.reason or "", final=came.final)
            return False
        await self.kept.judge(prediction.id, prediction.judged(came.value, known_at=came.known_at))
        return True


@dataclass(frozen=True, slots=True)
class ScoreLive:
    """How good a model's kept predictions have been."""

    kept: KeptPredictions

    async def __call__(self, model_id: str, *, account_id: str) -> LiveMetrics:
        """Return the score of the newest outcomes. Raise UnavailableError."""
        return live_metrics(await self.kept.known(model_id, account_id=account_id, most=SCORED_MOST))
