"""What a model did on its test, by the client and by the command: trades, the curve, its plot, and two models side by side."""

import csv
from io import StringIO
from pathlib import Path

import pytest

from modelbourse import Modelbourse, NotFoundError
from tests.client.command import Command
from tests.client.conftest import Trained
from tests.journeys.customer import small_model

pytestmark = pytest.mark.journey


def test_the_clients_trades_and_curve_agree_with_the_models_metrics(ada_client: Modelbourse, trained: str) -> None:
    model = ada_client.models.get(trained)

    trades, curve = list(ada_client.models.trades(trained)), ada_client.models.equity_curve(trained)

    assert len(trades) == model.backtest_results.total_trades
    assert sum(trade.pnl for trade in trades) == pytest.approx(model.performance_metrics.total_return)
    assert curve.points[-1].equity - 1 == pytest.approx(model.performance_metrics.total_return)
    assert model.baselines is not None
    assert curve.points[-1].buy_and_hold - 1 == pytest.approx(model.baselines["buy_and_hold"]["total_return"])
    assert ada_client.models.trades(trained).to_frame()["net_return"].tolist() == [trade.net_return for trade in trades]
    assert list(curve.to_frame().columns) == ["time", "equity", "drawdown", "buy_and_hold", "buy_and_hold_drawdown"]
    assert ada_client.models.trades_page(trained, page_size=2).to_frame()["number"].tolist() == [1, 2]


def test_trades_and_curve_are_printed_as_csv_for_other_programs(ada_types: Command, ada_client: Modelbourse, trained: str) -> None:
    told = {end: ada_types("models", end, trained, "--csv") for end in ("trades", "curve")}

    rows = {end: list(csv.DictReader(StringIO(done.out))) for end, done in told.items()}
    assert all((done.status, done.err) == (0, "") for done in told.values())
    assert len(rows["trades"]) == ada_client.models.get(trained).backtest_results.total_trades
    assert [float(row["equity"]) for row in rows["curve"]] == [point.equity for point in ada_client.models.equity_curve(trained).points]


def test_who_sits_before_a_terminal_sees_the_curve_and_saves_its_picture(ada_types: Command, trained: str, tmp_path: Path) -> None:
    file = tmp_path / "equity.png"

    with ada_types.in_terminal("models", "show", trained, "--plot", str(file)) as terminal:
        terminal.until("equity, 20")

        assert terminal.end() == 0
    assert "█" in terminal.seen
    assert file.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_a_draft_has_no_picture_and_leaves_no_file(ada_types: Command, ada_client: Modelbourse, tmp_path: Path) -> None:
    draft = ada_client.models.create(**small_model("draft")).id

    refused = ada_types("models", "show", draft, "--plot", str(tmp_path / "none.png"))

    assert (refused.status, refused.out, "has not been trained yet" in refused.err) == (1, "", True)
    assert not (tmp_path / "none.png").exists()


def test_models_are_compared_and_other_windows_are_warned_of(
    ada_types: Command, ada_client: Modelbourse, trained: str, shorter: Trained, tmp_path: Path
) -> None:
    other, file = shorter.model_id, tmp_path / "compared.html"

    read, piped = (
        ada_types("models", "compare", trained, other, "--html", str(file)),
        ada_types("models", "compare", trained, other, "--json"),
    )

    assert (read.status, piped.status, piped.err) == (0, 0, "")
    assert file.read_text().count("<polyline") == 2
    assert len(piped.json["models"][0]["equity_curve"]) > 10
    assert [row["id"] for row in piped.json["models"]] == [trained, other]
    (warning,) = piped.json["warnings"]
    assert warning.startswith("the tests' windows differ")
    assert "2011-12-30" in warning
    assert "the tests' windows differ" in read.err
    for words in ("Momentum", "Shorter", "test rows", "total trades", "sharpe ratio", "  buy and hold", "  majority class"):
        assert words in read.out
    with pytest.raises(NotFoundError):
        ada_client.models.compare([trained, "model_01kab8m5v8ezfvzcr0s2k2h7qd"])
