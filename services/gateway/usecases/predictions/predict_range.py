"""Ask the serving version of a model for its predictions of many days: symbol by symbol, page by page, some symbols side by side."""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from libs.chassis.in_order import in_order
from libs.contracts.inference import PredictRange as Ask
from libs.contracts.inference import RangePredictions
from libs.market.own import NOTHING, OwnCatalogue
from services.gateway.domain.predictions.ranges import LAST, Plan, Range, plan_of
from services.gateway.domain.predictions.servable import Servable
from services.gateway.domain.services import Inference
from services.gateway.usecases.predictions.predict import Predict

# Enough to keep two processes of inference busy, and few enough that one request does not fill their line.
SYMBOLS_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class PredictedRange:
    """A range that is being predicted, all of it by one version of the model."""

    servable: Servable
    plan: Plan
    pages: AsyncGenerator[tuple[str, RangePredictions], None]
    """A symbol and its next predictions: symbols in the plan's order, dates growing. It raises what `Inference` raises; whoever stops
    early closes it (`contextlib.aclosing`)."""


@dataclass(frozen=True, slots=True)
class PredictRange:
    """Every page is an ask of its own, so that none is larger than the bus carries and none holds inference up for long."""

    predict: Predict
    inference: Inference

    async def __call__(
        self,
        model_id: str,
        *,
        account_id: str,
        wanted: Range,
        most: int,
        explain: bool,
        interactions: bool = False,
        own: OwnCatalogue = NOTHING,
    ) -> PredictedRange:
        """Return the range, whose first page has not been asked for yet; the caller's `own` candles go before others of the same symbol.

        Raise ModelNotFoundError, ModelNotTrainedError, ModelArchivedError, UnavailableError, or InvalidError for symbols and days that
        cannot be had and for more than `most` predictions; with `interactions` a prediction counts as many times as the model has features.
        """
        servable = await self.predict.serving(model_id, account_id=account_id)
        synthetic, own = self.predict.may_generate(servable), servable.candles(own)
        counts_as = len(servable.features) if interactions else 1
        symbols = servable.symbols if wanted.symbols is None else wanted.symbols
        plan = plan_of(
            symbols, wanted, timeframe=servable.timeframe, synthetic_allowed=synthetic, most=most, counts_as=counts_as, own=own
        )  # fmt: skip
        asks = [
            Ask(
                model_id=model_id,
                account_id=account_id,
                version=servable.version,
                artifact=servable.artifact,
                symbol=symbol,
                timeframe=servable.timeframe,
                start=wanted.start,
                end=wanted.end,
                last=LAST,
                explain=explain,
                interactions=interactions,
                synthetic_allowed=synthetic,
                own=own.reference(symbol, timeframe=servable.timeframe),
            )
            for symbol in plan.symbols
        ]
        return PredictedRange(servable, plan, in_order([partial(self._pages, ask) for ask in asks], at_once=SYMBOLS_AT_ONCE))

    async def _pages(self, ask: Ask) -> AsyncIterator[tuple[str, RangePredictions]]:
        page = await self.inference.predict_range(ask)
        yield ask.symbol, page
        while page.next_after is not None:
            page = await self.inference.predict_range(ask.model_copy(update={"after": page.next_after}))
            yield ask.symbol, page
