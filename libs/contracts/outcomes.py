"""What became of predictions: the gateway keeps them, inference has the candles."""

from typing import ClassVar, Final

from pydantic import Field, PositiveInt

from libs.contracts.envelope import Ask, Message, Moment, Reply
from libs.contracts.own_candles import OwnCandles
from libs.contracts.training_config import HorizonIn

ASKED_MOST: Final = 500


class Came(Message):
    """What came after one moment; `value` and `known_at` are null while, or where, that is not known."""

    value: float | str | None = Field(description="In the unit of the target: a price, a relative change, or a class.")
    known_at: Moment | None = Field(description="Close of the candle that decided it.")
    reason: str | None = Field(None, description="Why the value is null.")
    final: bool = Field(default=True, description="Whether looking again cannot change it.")


class Outcomes(Reply):
    """In the order of the moments asked."""

    outcomes: tuple[Came, ...]


class ReadOutcomes(Ask[Outcomes]):
    """What came of a version's target after some moments, by the symbol's candles."""

    topic: ClassVar[str] = "inference.asks.outcomes"
    name: ClassVar[str] = "prediction.outcomes"
    key_field: ClassVar[str] = "symbol"

    artifact: str = Field(description="sha256 of the version's manifest, which says how its classes are told apart.")
    symbol: str
    timeframe: str
    target: str
    horizon: PositiveInt = Field(description="Bars that the target looks ahead.")
    horizon_in: HorizonIn | None = Field(None, description="In what the target's days or weeks count; null: candles.")
    moments: tuple[Moment, ...] = Field(min_length=1, max_length=ASKED_MOST, description="When each last row was known.")
    synthetic_allowed: bool = False
    own: OwnCandles | None = Field(None, description="What stands behind the symbol where it is the caller's own.")
