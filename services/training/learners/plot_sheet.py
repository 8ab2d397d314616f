"""A sheet that a plot of features is drawn on, and what plots of a model say of it."""

from dataclasses import dataclass
from typing import Final

from matplotlib.figure import Figure

from services.training.reports.sheet import LONGEST_NAME, finish_png, new_fitted, shortened

MOST_FEATURES: Final = 20
LONGEST_FEATURE: Final = 36
MOST_SYMBOLS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What a plot says of the model and of the rows it rests on."""

    model_name: str
    version: str
    algorithm: str
    symbols: tuple[str, ...]
    start: str
    end: str
    synthetic: bool

    @property
    def title(self) -> str:
        """The model's name and version."""
        return f"{shortened(self.model_name, LONGEST_NAME)}, version {self.version}"

    def small_print(self, *, rows: int, noun: str = "rows") -> str:
        """Algorithm, rows (or bars), days, symbols, and whether the candles were generated."""
        named = ", ".join(self.symbols[:MOST_SYMBOLS])
        more = len(self.symbols) - MOST_SYMBOLS
        symbols = f"{named} and {more} more" if more > 0 else named
        origin = "SYNTHETIC candles" if self.synthetic else "real candles"
        return f"{self.algorithm} · {rows} {noun} out of sample, {self.start} to {self.end} · {symbols} · {origin}"


def new_sheet(*, width: float, rows: int) -> Figure:
    """Return an empty figure, `width` inches wide, with room for `rows` features one below the other."""
    return new_fitted(width=width, height=2.2 + 0.36 * max(rows, 3))


def finish(figure: Figure, caption: Caption, *, small_print: str) -> bytes:
    """Write title and small print, and return the picture as PNG."""
    return finish_png(figure, title=caption.title, small_print=small_print)
