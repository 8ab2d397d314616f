"""What several symbols are trained and tested on together: none vanishes from either part unsaid."""

import json
from typing import Any

import pytest

from libs.chassis.errors import PlatformError
from libs.contracts.training import ModelType, TrainingSpec
from services.training.learners.train import Trained
from tests.training.learners.conftest import Workshop, spec

ALL_DAYS = {"start_date": None, "end_date": None, "cross_validation_folds": 0}
COIN: dict[str, Any] = {
    "symbols": ["BTC-USD"],
    "timeframe": "15m",
    "start_date": "2021-11-01",
    "end_date": "2021-12-01",
    "cross_validation_folds": 0,
}


def ridge(**config: Any) -> TrainingSpec:
    """The request that costs least: which rows and days are learned from is the same for all learners."""
    return spec("RIDGE", kind=ModelType.REGRESSION, **config)


def parts_of(trained: Trained) -> dict[str, dict[str, Any]]:
    return {each["symbol"]: each for each in trained.result.run_card["symbols"]}


def test_symbols_that_end_years_apart_are_cut_and_tested_in_the_days_that_they_share(workshop: Workshop) -> None:
    trained = workshop.train(ridge(symbols=["AAPL", "NVDA"], **ALL_DAYS | {"cross_validation_folds": 2}))

    card, symbols = trained.result.run_card, parts_of(trained)
    assert {(each["start"], each["end"]) for each in symbols.values()} == {("2000-03-01", "2013-03-01")}
    assert (card["window"], card["test_closes"][:10]) == ("common", "2013-03-01")
    for part in ("train", "test"):
        assert sum(each[part]["rows"] for each in symbols.values()) == card[f"{part}_rows"]
    assert symbols["AAPL"]["test"] == symbols["NVDA"]["test"] == {"rows": 648, "bars": 653}
    assert symbols["AAPL"]["validation"]["rows"] == symbols["AAPL"]["train"]["rows"]


def test_over_all_days_that_any_symbol_has_one_that_ends_leaves_its_capital_to_the_other(workshop: Workshop) -> None:
    trained = workshop.train(ridge(symbols=["AMZN", "NVDA"], window="union", **ALL_DAYS))

    symbols = parts_of(trained)
    assert (symbols["AMZN"]["end"], symbols["NVDA"]["end"]) == ("2020-07-31", "2025-02-14")
    assert 0 < symbols["AMZN"]["test"]["bars"] < symbols["NVDA"]["test"]["bars"]
    held = trained.result.baselines["buy_and_hold"]["total_return"]
    # Amazon to its end, and all of it in NVIDIA from there on: by far more than a half that stands still.
    assert held > 15


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"symbols": ["AAPL", "NVDA"], "window": "union"},
            r"AAPL \(candles from 2000-03-01 to 2013-03-01\) has no rows to test on: the test begins on 2019-12-0\d\. Leave the symbol out",
        ),
        (
            {"symbols": ["NVDA", "GOOG"], "window": "union", "end_date": "2005-06-30"},
            r"GOOG .* has no rows to train on",
        ),
        (
            {"symbols": ["AAPL", "RELIANCE"], "synthetic": "allow"},
            "no day on which every symbol has candles: AAPL from 2000-03-01 to 2013-03-01, RELIANCE from 2015-01-01 to 2025-12-31",
        ),
    ],
)
def test_a_symbol_that_would_only_be_learned_from_or_only_be_tested_on_is_refused(
    workshop: Workshop, config: dict[str, Any], words: str
) -> None:
    with pytest.raises(PlatformError, match=words) as refused:
        workshop.train(spec(**ALL_DAYS | config))

    assert refused.value.code == "symbol_missing"
    assert list(refused.value.details) == ["training_config.symbols"]


def test_the_run_card_and_the_manifest_say_what_was_learned_from(workshop: Workshop) -> None:
    trained = workshop.train(ridge(cross_validation_folds=0))

    card = trained.result.run_card
    learned = json.loads(workshop.artifacts.get(trained.artifact.sha256))["learned"]
    # The last label is known five bars after its row, before the test begins.
    assert card["learned_until"] < card["test_opens"]
    assert learned.keys() == {"AAPL", "MSFT"}
    assert all(span["first"] < span["last"] for span in learned.values())


def test_costs_are_those_of_the_asset_class_unless_they_are_asked_for(workshop: Workshop) -> None:
    hours = {"symbols": ["EURUSD"], "timeframe": "1h", "start_date": "2017-03-01", "end_date": "2017-08-31", "cross_validation_folds": 0}

    usual = workshop.train(ridge(**hours)).result
    asked = workshop.train(ridge(**hours, commission=0.001, borrow_rate=0.0)).result

    costs = ("commission", "slippage", "borrow_rate")
    assert [usual.run_card[name] for name in costs] == [0.00003, 0.00007, 0.02]
    assert [asked.run_card[name] for name in costs] == [0.001, 0.00007, 0.0]
    assert asked.metrics["total_return"] < usual.metrics["total_return"]


def test_what_is_odd_about_the_candles_and_a_short_test_are_warned_of(workshop: Workshop) -> None:
    index = workshop.train(ridge(symbols=["SPX"], start_date="2000-01-01", end_date="2003-12-31", cross_validation_folds=0))
    coin = workshop.train(ridge(**COIN))

    stale, short = index.result.run_card["warnings"]
    assert stale.startswith("SPX: ")
    assert "open at the close before them" in stale
    assert short.startswith("The test has 200 bars: under 250")
    assert index.result.sharpe_interval["warning"].startswith("It rests on 200 bars")
    [unknown] = coin.result.run_card["warnings"]
    assert unknown.startswith("BTC-USD: the source has no volume for ")
    assert unknown.endswith("volume_ma_ratio count the last known volume there")
    assert any(message == stale for message in workshop.messages)
    assert parts_of(coin)["BTC-USD"]["unknown_volumes"] > 0
