"""A report of what was played: pictures that anybody can open, and one page that stands alone and tells the numbers."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from libs.quant.backtest import Backtest, Positions, backtest, buy_and_hold
from libs.quant.candles import Candles
from services.training.reports.curves import draw_equity
from services.training.reports.data import ReportData, ReportTrades, Section
from services.training.reports.write import write_report
from tests.quant.walks import of_closes, walk

PICTURES = {"equity", "drawdown", "monthly-returns", "trades"}
NASTY = "Momentum <script>alert(1)</script> $x^2$ & 日本"
REASONS = {0: "signal", 1: "gap", 2: "end", 3: "ruin"}
START = int(np.datetime64("2022-11-20T00:00", "ns").astype(np.int64))


def report(played: Backtest, held: Backtest, *candles: Candles, **changes: object) -> ReportData:
    trades = ReportTrades.of_backtest(played.trades, reasons=REASONS)
    given = {"title": NASTY, "small_print": "RIDGE · 400 bars", "held": held.equity, "candles": candles} | changes
    return ReportData(time=played.time, equity=played.equity, trades=trades, **given)  # type: ignore[arg-type]  # checked as it is drawn


def of_walk() -> ReportData:
    candles = replace(walk(400), time=START + np.arange(400) * 6 * 3_600 * 10**9)
    wanted: Positions = np.repeat(np.random.default_rng(4).integers(-1, 2, 100), 4).astype(np.int8)
    played, held = backtest(candles, wanted, commission=0.0005, slippage=0.0), buy_and_hold(candles, commission=0.0, slippage=0.0)
    sections = [
        Section("Return and risk", {"total_return": 0.1234, "sharpe_ratio": None}, {"sharpe_ratio": "the returns <never> vary"}),
        Section("Costs", {"commission": 0.0005, "trades": 12_345, "symbols": "AAPL & MSFT"}),
    ]
    return report(played, held, candles, sections=sections, notes=["It rests on <generated> candles"], capital=10_000.0)


@pytest.fixture(scope="module")
def data() -> ReportData:
    return of_walk()


@pytest.fixture(scope="module")
def files(data: ReportData) -> dict[str, bytes]:
    return write_report(data)


def test_a_report_is_four_pictures_in_two_formats_and_a_page_of_bounded_size(files: dict[str, bytes]) -> None:
    assert set(files) == {f"{name}.{kind}" for name in PICTURES for kind in ("png", "svg")} | {"report.html"}
    assert max(map(len, files.values())) < 1_000_000


def test_nothing_is_cut_off_a_picture(files: dict[str, bytes]) -> None:
    for name in PICTURES:
        dots = np.asarray(Image.open(BytesIO(files[f"{name}.png"])).convert("L"))
        assert all((edge >= 250).all() for edge in (dots[0], dots[-1], dots[:, 0], dots[:, -1])), name
        assert dots.shape[1] == 1032


def test_a_vector_picture_is_well_formed_and_keeps_its_words(files: dict[str, bytes]) -> None:
    for name in PICTURES:
        root = ET.fromstring(files[f"{name}.svg"])
        words = "".join(root.itertext())
        assert NASTY in words, name


def test_the_same_data_are_the_same_bytes(files: dict[str, bytes]) -> None:
    assert write_report(of_walk()) == files


class Page(HTMLParser):
    """What a browser would read: tags by name, ids, and what a page may fetch."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        named = [given[name] for name in ("src", "href", "xlink:href", "data") if name in given]
        named += re.findall(r"url\(([^)]*)\)", " ".join(given.values()))
        self.fetched += [each for each in named if not each.startswith("#")]


def test_the_page_stands_alone_and_runs_nothing(files: dict[str, bytes]) -> None:
    page = Page(files["report.html"])

    assert page.fetched == []
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert page.tags.count("svg") == len(PICTURES)
    assert len(page.ids) == len(set(page.ids))
    assert "default-src 'none'" in files["report.html"].decode()


def test_the_page_tells_the_numbers_and_escapes_the_words(data: ReportData, files: dict[str, bytes]) -> None:
    text = files["report.html"].decode()

    for told in (
        "Momentum &lt;script&gt;", "It rests on &lt;generated&gt; candles", "the returns &lt;never&gt; vary", "12.34%", "12,345",
        "AAPL &amp; MSFT", f"{data.equity[-1] - 1:.2%}", f"The {len(data.trades)} trades",
    ):  # fmt: skip
        assert told in text
    assert re.search(r"<td>2022</td>(<td[^>]*></td>){10}<td", text)  # it begins in November


@pytest.mark.parametrize(("closes", "wanted"), [((100.0,), 1), ((100.0, 100.0, 250.0, 50.0), -1)], ids=["one bar", "ruin"])
@pytest.mark.filterwarnings("error")
def test_whatever_came_of_it_has_a_report(closes: tuple[float, ...], wanted: int) -> None:
    candles = of_closes(*closes)
    played = backtest(candles, np.full(len(closes), wanted, dtype=np.int8), commission=0.0, slippage=0.0)

    files = write_report(report(played, buy_and_hold(candles, commission=0.0, slippage=0.0), candles))

    assert len(files) == 2 * len(PICTURES) + 1


@pytest.mark.parametrize("closes", [(1.0, 2.0, 4.0, 8.0, 1e9), (100.0, 100.0)], ids=["a fortune", "nothing moves"])
@pytest.mark.filterwarnings("error")
def test_any_curve_can_be_drawn(closes: tuple[float, ...]) -> None:
    candles = of_closes(*closes)
    held = buy_and_hold(candles, commission=0.0, slippage=0.0)

    picture = Image.open(BytesIO(draw_equity(report(held, held, candles)).png))

    assert (picture.format, picture.width) == ("PNG", 1032)
