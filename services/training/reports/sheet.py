"""A sheet that a picture is drawn on: its style, title and small print, and the same bytes for the same picture, as PNG and as SVG."""

import re
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

DOTS_PER_INCH: Final = 120
WIDTH: Final = 8.6  # inches
LEFT, RIGHT, OVER, UNDER = 0.7, 0.3, 0.85, 0.75  # margins, inches
WIDEST: Final = 0.96  # of the sheet
SMALLER: Final = 0.96
SMALLEST: Final = 4.0  # points
LONGEST_NAME: Final = 80
INK: Final = "#1f2933"
FAINT: Final = "#66717d"
GRID: Final = "#dde2e7"
OWN: Final = "#2a6fb0"
HELD: Final = "#9aa5b1"
WON: Final = "#2e8b57"
LOST: Final = "#c0392b"
# No date and no library's version among the picture's metadata; ids come of what is drawn, and letters stay letters.
SVG_METADATA: Final = dict.fromkeys(("Date", "Creator", "Format", "Type"))
SVG_RULES: Final[dict[Any, Any]] = {"svg.hashsalt": "modelbourse", "svg.fonttype": "none"}


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawing in both formats."""

    png: bytes
    svg: bytes

    def inline(self, *, prefix: str) -> str:
        """Return the SVG as part of a page, its ids apart from those of other pictures there."""
        text = self.svg.decode()
        return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", text[text.index("<svg") :])


def shortened(text: str, longest: int) -> str:
    """Return the text, with an ellipsis where it is cut."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def new_figure(*, height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure of that size in inches, with margins for title, small print and numbers."""
    figure = _figure(width, height)
    figure.subplots_adjust(left=LEFT / width, right=1 - RIGHT / width, top=1 - OVER / height, bottom=UNDER / height, hspace=0.3)
    return figure


def new_fitted(*, height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure of that size in inches whose parts find their places by themselves, however wide their words are."""
    return _figure(width, height, layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.09, wspace=0.03))


def _figure(width: float, height: float, *, layout: ConstrainedLayoutEngine | None = None) -> Figure:
    # No pyplot: it keeps figures in a state that all threads share.
    figure = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def style(axes: Axes, *, title: str | None = None, both: bool = False) -> None:
    """Take away what carries no information; `both` draws lines across, too."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.tick_params(length=0, colors=INK, labelsize=9)
    axes.grid(axis="both" if both else "x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.xaxis.label.set(size=9, color=FAINT)
    if title is not None:
        axes.set_title(title, loc="left", y=1.0, size=11, color=INK, parse_math=False)


def finish(figure: Figure, *, title: str, small_print: str) -> Picture:
    """Write title and small print, and return the picture."""
    with _quietly():
        png = _png(figure, title=title, small_print=small_print)
        svg = BytesIO()
        with rc_context(SVG_RULES):
            FigureCanvasSVG(figure).print_svg(svg, metadata=SVG_METADATA)  # type: ignore[no-untyped-call]  # matplotlib has no types for it
    return Picture(png, svg.getvalue())


def finish_png(figure: Figure, *, title: str, small_print: str) -> bytes:
    """Write title and small print, and return the picture as PNG alone."""
    with _quietly():
        return _png(figure, title=title, small_print=small_print)


def _quietly() -> Any:
    # A character that the font lacks is drawn as a box.
    return warnings.catch_warnings(action="ignore", category=UserWarning)


def _png(figure: Figure, *, title: str, small_print: str) -> bytes:
    # A dollar in a name is a dollar, not mathematics.
    over = figure.suptitle(title, x=0.02, ha="left", size=14, weight="bold", color=INK, parse_math=False)
    under = figure.supxlabel(small_print, x=0.02, ha="left", size=8, color=FAINT, parse_math=False)
    for text in (over, under):
        _fit(text, figure)
    _lay_out(figure)
    file = BytesIO()
    # Without the library's version among the picture's metadata.
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None})  # type: ignore[no-untyped-call]  # matplotlib has no types for it
    return file.getvalue()


def _lay_out(figure: Figure) -> None:
    """Give every part its place: `savefig` would draw the whole sheet once more for that alone."""
    if (layout := figure.get_layout_engine()) is not None:
        layout.execute(figure)
        figure.set_layout_engine("none")


def _fit(text: Text, figure: Figure) -> None:
    """Make a line small enough for the sheet, step by step: letters take whole dots, so width does not follow size evenly."""
    while text.get_window_extent().width > WIDEST * figure.bbox.width and float(text.get_fontsize()) > SMALLEST:
        text.set_fontsize(float(text.get_fontsize()) * SMALLER)
