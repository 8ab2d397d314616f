"""A report of what was played: four pictures, each as PNG and as SVG, and one page with all of them and the numbers."""

from services.training.reports.candlesticks import draw_trades
from services.training.reports.curves import draw_equity, draw_underwater
from services.training.reports.data import ReportData
from services.training.reports.months import draw_months
from services.training.reports.page import write_page


def write_report(data: ReportData) -> dict[str, bytes]:
    """Return the files by name: equity, drawdown, monthly-returns and trades, each .png and .svg, and report.html.

    Same data, same bytes: nothing tells when it was drawn. However long the curve and many the trades, the files stay below a few hundred
    kilobytes, as curves are thinned and trades bounded; what is left out is said.
    """
    pictures = {
        "equity": draw_equity(data),
        "drawdown": draw_underwater(data),
        "monthly-returns": draw_months(data),
        "trades": draw_trades(data),
    }
    files = {f"{name}.{kind}": data_ for name, each in pictures.items() for kind, data_ in (("png", each.png), ("svg", each.svg))}
    return {**files, "report.html": write_page(data, pictures={**pictures, **data.further})}
