"""A model's results, as the command shows them and as frames: what they rest on stands beside them."""

import pytest

from modelbourse.answers.models import ModelDetails
from modelbourse.cli.measured import print_results
from tests.client.shown import shown

DETAILS = ModelDetails.model_validate(shown(ModelDetails))


def test_results_are_shown_with_what_one_judges_them_by(capsys: pytest.CaptureFixture[str]) -> None:
    print_results(DETAILS, job_id=None)

    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    told = {" ".join(line) for line in lines}
    assert {"test 2011-05-26 to 2012-12-31", "rows 794", "trades 242", "buy and hold total return 36.4%"} <= {
        " ".join(line.split()) for line in told
    }
    assert any(line.startswith("sharpe ratio  -1.684 to 1.8055 (95% interval)") for line in told)
    assert any(line.startswith("win rate") for line in told)


def test_a_thinned_curve_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    card = (DETAILS.run_card or {}) | {"equity_curve": {"bars": 2400, "points": 500, "thinned": True}}

    print_results(DETAILS.model_copy(update={"run_card": card}), job_id=None)

    assert "500 of 2400 bars, its extremes among them" in capsys.readouterr().out


def test_a_version_that_does_not_serve_is_shown_alone_and_how_it_would(capsys: pytest.CaptureFixture[str]) -> None:
    (serves,) = DETAILS.versions
    waits = serves.model_copy(update={"version": "1.1", "job_id": "job_waits", "serves": False, "performance_metrics": {"accuracy": 0.75}})

    print_results(DETAILS.model_copy(update={"versions": [serves, waits]}), job_id="job_waits")

    said = capsys.readouterr().out
    assert "0.75" in said
    assert "majority class" not in said
    assert f"modelbourse models stage {DETAILS.id} 1.1 production" in said


def test_metrics_curve_and_trades_are_frames() -> None:
    metrics, curve, trades = DETAILS.to_frame(), DETAILS.to_frame("curve"), DETAILS.to_frame("backtest")

    assert list(metrics.columns) == ["metric", "model", "buy_and_hold", "majority_class"]
    assert metrics.set_index("metric").loc["sharpe_ratio", "buy_and_hold"] == 0.9673
    assert curve.to_numpy().tolist() == [["2011-05-26", 1.0], ["2011-05-27", 0.9938]]
    assert trades.set_index("statistic").loc["win_rate", "value"] == DETAILS.backtest_results.win_rate
    assert list(DETAILS.model_copy(update={"equity_curve": None}).to_frame("curve").columns) == ["date", "equity"]
