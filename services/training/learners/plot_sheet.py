"""A sheet that a plot is drawn on: title, small print, and the same bytes for the same picture."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

DOTS_PER_INCH: Final = 120
MOST_FEATURES: Final = 20
LONGEST_NAME: Final = 80
LONGEST_FEATURE: Final = 36
MOST_SYMBOLS: Final = 5
WIDEST: Final = 0.96  # of the sheet
SMALLER: Final = 0.96
SMALLEST: Final = 4.0  # points
INK: Final = "#1f2933"
FAINT: Final = "#66717d"
GRID: Final = "#dde2e7"


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


def shortened(text: str, longest: int) -> str:
    """Return the text, with an ellipsis where it is cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def new_sheet(*, width: float, rows: int) -> Figure:
    """Return an empty figure, `width` inches wide, with room for `rows` features one below the other."""
    # No pyplot: it keeps figures in a state that all threads share.
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.09, wspace=0.03)
    figure = Figure(figsize=(width, 2.2 + 0.36 * max(rows, 3)), dpi=DOTS_PER_INCH, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def style(axes: Axes) -> None:
    """Take away what carries no information."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(length=0, colors=INK, labelsize=9)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.label.set(size=9, color=FAINT)


def finish(figure: Figure, caption: Caption, *, small_print: str) -> bytes:
    """Write title and small print, and return the picture as PNG."""
    # A dollar in a name is a dollar, not mathematics.
    title = figure.suptitle(caption.title, x=0.02, ha="left", size=14, weight="bold", color=INK, parse_math=False)
    print_ = figure.supxlabel(small_print, x=0.02, ha="left", size=8, color=FAINT, parse_math=False)
    file = BytesIO()
    with warnings.catch_warnings():
        # A character that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        for text in (title, print_):
            _fit(text, figure)
        _lay_out(figure)
        # Without the library's version among the picture's metadata.
        FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})  # type: ignore[no-untyped-call]  # matplotlib has no types for it
    return file.getvalue()


def _lay_out(figure: Figure) -> None:
    """Give every part its place: `savefig` would draw the whole sheet once more for that alone."""
    layout = figure.get_layout_engine()
    assert layout is not None
    layout.execute(figure)
    figure.set_layout_engine("none")


def _fit(text: Text, figure: Figure) -> None:
    """Make a line small enough for the sheet, step by step: letters take whole dots, so width does not follow size evenly."""
    while text.get_window_extent().width > WIDEST * figure.bbox.width and float(text.get_fontsize()) > SMALLEST:
        text.set_fontsize(float(text.get_fontsize()) * SMALLER)
