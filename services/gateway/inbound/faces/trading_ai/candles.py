"""Candles as they are sent: read at once where all are right; else again, one by one, for what is wrong with the very candle."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError, model_validator

from libs.contracts.sent_candles import CandleColumns
from services.gateway.inbound.http.strict_body import Number, StrictBody

PRICE_MOST: Final = 1e12
VOLUME_MOST: Final = 1e18
MILLISECONDS_MOST: Final = 10**14
# So many candles are looked at for what is wrong with them, from the first that is.
LOOKED_AT: Final = 100
Price = Annotated[float, Number, Field(gt=0, le=PRICE_MOST, allow_inf_nan=False)]
Volume = Annotated[float, Number, Field(ge=0, le=VOLUME_MOST, allow_inf_nan=False)]
Milliseconds = Annotated[int, Number, Field(gt=0, le=MILLISECONDS_MOST)]
StrictPrice = Annotated[float, Field(gt=0, le=PRICE_MOST)]


class CandleIn(StrictBody):
    """A candle."""

    timestamp: Milliseconds = Field(description="When it opened, in milliseconds since 1970 (UTC).", examples=[1697234400000])
    open: Price = Field(description="The first price.", examples=[67400.0])
    high: Price = Field(description="The highest.", examples=[67550.0])
    low: Price = Field(description="The lowest.", examples=[67350.0])
    close: Price = Field(description="The last.", examples=[67500.5])
    volume: Volume = Field(description="How much was traded.", examples=[1250.5])

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.high < self.low:
            msg = f"high {self.high:g} is below low {self.low:g}."
            raise ValueError(msg)
        if not (self.low <= self.open <= self.high and self.low <= self.close <= self.high):
            msg = f"open {self.open:g} or close {self.close:g} lies outside of low {self.low:g} and high {self.high:g}."
            raise ValueError(msg)
        return self


class _Row(BaseModel):
    """The same candle, read by compiled code alone: the largest body has six thousand, and others wait meanwhile."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    # JavaScript and pandas write 1697234400000.0.
    timestamp: Annotated[float, Field(gt=0, le=MILLISECONDS_MOST)]
    open: StrictPrice
    high: StrictPrice
    low: StrictPrice
    close: StrictPrice
    volume: Annotated[float, Field(ge=0, le=VOLUME_MOST)]


_ROWS: Final = TypeAdapter(list[_Row])
# By place, so that each is told by its own wherever one begins to look.
_CANDLES: Final = TypeAdapter(dict[int, CandleIn])


def columns_sent(given: Any) -> CandleColumns:
    """Return candles as columns. Raise ValidationError that says of each, by its place, what is wrong."""
    try:
        rows = _ROWS.validate_python(given)
    except ValidationError as error:
        place = error.errors(include_url=False, include_input=False, include_context=False)[0]["loc"]
        if place and isinstance(place[0], int):
            _look_from(place[0], given)
        raise
    wrong = (place for place, row in enumerate(rows) if not _holds_together(row))
    if (first := next(wrong, None)) is not None:
        _look_from(first, given)
    return _columns(rows)


SentCandles = Annotated[CandleColumns, PlainValidator(columns_sent, json_schema_input_type=list[CandleIn])]


def _look_from(first: int, given: Sequence[Any]) -> None:
    """Raise ValidationError that says what is wrong with the candles from the first that is."""
    _CANDLES.validate_python(dict(enumerate(given[first : first + LOOKED_AT], start=first)))


def _holds_together(row: _Row) -> bool:
    return row.low <= row.open <= row.high and row.low <= row.close <= row.high and row.timestamp.is_integer()


def _columns(rows: Sequence[_Row]) -> CandleColumns:
    # They are checked already, and candle columns are of one length.
    columns: dict[str, Any] = {name: tuple(map(attrgetter(name), rows)) for name in CandleColumns.model_fields}
    return CandleColumns.model_construct(None, **columns | {"timestamp": tuple(map(int, columns["timestamp"]))})
