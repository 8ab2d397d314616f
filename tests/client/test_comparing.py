"""Models side by side, and a curve in a line: what needs no gateway."""

import re
from typing import Any

import pytest
from typer.testing import CliRunner

from modelbourse import Modelbourse
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.models import ModelDetails
from modelbourse.cli.comparison_page import write_comparison
from modelbourse.cli.main import cli
from modelbourse.cli.sparkline import sparkline
from modelbourse.comparing import comparison_of
from tests.client.shown import shown

MODEL = shown(ModelDetails)
CARD = {"test_start": "2011-05-26", "test_closes": "2012-12-31T21:00:00Z", "test_rows": 794, "timeframe": "1d"} | {
    "commission": 0.0005,
    "slippage": 0.0002,
}


def model(name: str, *, card: dict[str, Any] | None = None, **changes: Any) -> ModelDetails:
    """Return a trained model as the gateway shows it."""
    return ModelDetails.model_validate(MODEL | {"id": f"model_{name}", "name": name, "run_card": CARD | (card or {})} | changes)


def untrained(name: str) -> ModelDetails:
    nothing = dict.fromkeys(("version", "baselines", "sharpe_interval", "equity_curve", "run_card", "synthetic", "data_source"))
    metrics = {part: dict.fromkeys(MODEL[part]) for part in ("performance_metrics", "backtest_results")}
    return ModelDetails.model_validate(MODEL | nothing | metrics | {"name": name, "status": "DRAFT"})


def test_models_tested_alike_stand_side_by_side_without_a_warning() -> None:
    found = comparison_of([model("a"), model("b")])

    assert found.warnings == []
    first = found.models[0]
    assert (first.test_start, first.test_end, first.test_rows) == ("2011-05-26", "2012-12-31", 794)
    assert first.backtest["total_trades"] == 242
    assert first.metrics["sharpe_ratio"] == MODEL["performance_metrics"]["sharpe_ratio"]
    assert first.baselines.keys() == MODEL["baselines"].keys()
    assert [each.name for each in found.models] == ["a", "b"]
    assert found.as_json()["models"][1]["id"] == "model_b"
    assert len(found.to_frame()) == 2


def test_what_speaks_against_a_comparison_is_said() -> None:
    other = model("b", card={"test_start": "2010-01-04", "timeframe": "1h", "commission": 0.001}, synthetic=True)
    elsewhere = other.model_copy(update={"training_config": other.training_config.model_copy(update={"symbols": ["IBM"]})})

    found = comparison_of([model("a"), elsewhere, untrained("c")])

    assert found.warnings == [
        "b rests on generated candles",
        "c has not been trained yet",
        "the tests' windows differ, so their numbers do not compare: a: 2011-05-26 to 2012-12-31; b: 2010-01-04 to 2012-12-31",
        "the tests' symbols differ: a: AAPL, MSFT; b: IBM",
        "the tests' timeframes differ: a: 1d; b: 1h",
        "the tests' costs differ: a: commission 0.0005, slippage 0.0002; b: commission 0.001, slippage 0.0002",
    ]
    assert (found.models[2].test_start, found.models[2].metrics["accuracy"]) == (None, None)


def test_a_comparisons_page_stands_alone_with_a_curve_for_each_model_that_has_one() -> None:
    rises = model("<b>a</b>", equity_curve=[("2011-05-26", 1.0), ("2011-05-27T15:30:00Z", 20.0)])
    falls = model("b", equity_curve=[("2011-05-26", 1.0), ("2011-06-27", 0.8)], synthetic=True)
    found = comparison_of([rises, falls, untrained("c")])

    page = write_comparison(found, columns=("out of sample", "<b>a</b>", "b", "c"), rows=[("sharpe ratio", "1.2", "<i>", "-")]).decode()

    assert page.count("<polyline") == 2
    assert "<b>a</b>" not in page
    for told in ("&lt;b&gt;a&lt;/b&gt; +1900.0%", "b -20.0%", "2011-06-27", "b rests on generated candles", "<td>&lt;i&gt;</td>"):
        assert told in page
    assert not re.search(r"https?:|<script|<img|<link", page)


@pytest.mark.parametrize("curves", [None, [("2011-05-26", 1.0)], [("2011-05-26", 0.0), ("2011-05-27", 0.0)]], ids=["none", "a day", "ruin"])
def test_any_curve_has_its_place_on_the_page(curves: Any) -> None:
    found = comparison_of([model("a", equity_curve=curves), model("b", equity_curve=curves)])

    page = write_comparison(found, columns=("", "a", "b"), rows=[]).decode()

    assert page.count("<polyline") == (2 if curves else 0)
    assert "nan" not in page


@pytest.mark.parametrize("ids", [[], ["model_a"], ["model_a", "model_a"], "model_a"])
def test_one_model_alone_is_not_compared(ids: Any) -> None:
    with Modelbourse("http://127.0.0.1:1", "a-token") as client, pytest.raises(ValueError, match="at least two models"):
        client.models.compare(ids)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["trades", MODEL_ID, "--csv", "--json"], "--csv goes without --json"),
        (["curve", MODEL_ID, "--csv", "--json"], "--csv goes without --json"),
        (["compare", MODEL_ID], "name at least two models"),
        (["compare", MODEL_ID, MODEL_ID], "name at least two models"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused_before_anything_is_asked(arguments: list[str], why: str) -> None:
    done = CliRunner().invoke(cli, ["models", *arguments])

    assert (done.exit_code, why in done.output) == (2, True)


def test_a_curve_is_a_line_from_its_lowest_to_its_highest() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8], width=40) == "▁▂▃▄▅▆▇█"
    assert sparkline(list(range(1000)), width=8) == "▁▂▃▄▅▆▇█"
    assert sparkline([1.0, 1.0, 1.0], width=2) == "▁▁"
    assert sparkline([0.5], width=4, low=0.0, high=1.0) == "▅"
    assert sparkline([], width=4) == ""
