"""Read candles of a symbol: of the account's own, of a live series, or of those that come with the platform."""

from dataclasses import dataclass

from libs.contracts.candles import CandlePart
from libs.contracts.candles import ReadCandles as Ask
from services.gateway.domain.datasets.candles import Behind, Window, find_behind
from services.gateway.domain.services import Inference
from services.gateway.usecases.datasets.find_own import FindOwn


@dataclass(frozen=True, slots=True)
class ReadCandles:
    """The gateway knows what there is, and inference has it: neither Parquet nor calendars are read here."""

    own: FindOwn
    inference: Inference
    synthetic_allowed: bool

    async def __call__(self, window: Window, *, account_id: str, synthetic: bool | None = None) -> tuple[Behind, CandlePart]:
        """Return what stands behind the symbol, and the candles of the window. `synthetic` overrules what the platform allows.

        Raise InvalidError for what there is not, UnavailableError, or AskTimeoutError.
        """
        allowed = self.synthetic_allowed if synthetic is None else synthetic
        behind = find_behind(window, own=await self.own(account_id), synthetic_allowed=allowed)
        ask = Ask(
            symbol=behind.instrument.symbol,
            timeframe=behind.timeframe,
            start=window.start,
            end=window.end,
            most=window.most,
            synthetic_allowed=behind.instrument.synthetic,
            own=behind.own,
        )
        return behind, await self.inference.candles(ask)
