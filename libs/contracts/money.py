"""Money and compute credits as they cross a border: decimals, written as strings."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from typing import Annotated, Final

from pydantic import Field, PlainSerializer, WithJsonSchema

CENT: Final = Decimal("0.01")
MICRO_HOUR: Final = Decimal("0.000001")
PRICE_PER_HOUR: Final = Decimal("5.00")
# Compute hours that each month brings.
ALLOWANCE_BY_TIER: Final[Mapping[str, Decimal]] = {"free": Decimal(10), "pro": Decimal(100), "elite": Decimal(1000)}

Money = Annotated[
    Decimal,
    Field(decimal_places=2, max_digits=18),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{2}$"}, mode="serialization"),
]
Hours = Annotated[
    Decimal,
    Field(decimal_places=6, max_digits=18),
    PlainSerializer(lambda hours: f"{hours:.6f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{6}$"}, mode="serialization"),
]


def to_money(amount: Decimal) -> Decimal:
    """Round to cents, half to even."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def to_hours(seconds: float) -> Decimal:
    """Turn measured seconds into compute hours with six decimals."""
    return (Decimal(str(seconds)) / 3600).quantize(MICRO_HOUR, rounding=ROUND_HALF_EVEN)


def price_of(hours: Decimal) -> Decimal:
    """Return what these compute hours cost, rounded up to the cent: a part of one is not given away."""
    return (hours * PRICE_PER_HOUR).quantize(CENT, rounding=ROUND_CEILING)
