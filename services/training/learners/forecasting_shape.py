"""Everything about a forecaster's network but its weights."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from services.training.learners.forecasting_columns import Columns

Kind = Literal["TFT", "NHITS", "DEEPAR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Enough to build the network again. `levels` are the quantiles that it says, rising, 0.5 among them."""

    kind: Kind
    columns: Columns
    encoder_length: int
    horizon: int
    levels: tuple[float, ...]
    hidden_size: int
    layers: int
    dropout: float
    attention_head_size: int = 1

    @property
    def symbols(self) -> int:
        """How many symbols are told apart."""
        return len(self.columns.codes)

    def as_json(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def levels_of(interval: float) -> tuple[float, ...]:
    """Return the quantiles to learn for an interval of this level: its ends, the quartiles and the median."""
    tail = round((1 - interval) / 2, 6)
    return (tail, 0.25, 0.5, 0.75, round(1 - tail, 6))
