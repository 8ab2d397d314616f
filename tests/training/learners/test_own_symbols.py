"""Trainings and backtests on candles of one's own: their columns are features, and the run card says which version it was."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from libs.chassis.errors import PlatformError
from libs.contracts.backtests import BacktestSpec
from libs.contracts.own_candles import OwnCandles
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.candles import Market
from services.training.backtests.run import run
from services.training.learners.run_card import config_hash
from tests.market.own import Rows, put
from tests.training.learners.conftest import Workshop, spec

NAMES = ("rsi_14", "sentiment_score", "sentiment_score_lag_3")
ALL_DAYS: dict[str, Any] = {"start_date": None, "end_date": None, "cross_validation_folds": 2}


def scored(**rows: Any) -> Rows:
    chosen = Rows(**{"bars": 2400} | rows)
    return replace(chosen, columns={"sentiment_score": np.random.default_rng(3).normal(size=chosen.bars)})


def own_spec(*own: OwnCandles, features: tuple[str, ...] = NAMES, **config: Any) -> TrainingSpec:
    symbols = [each.symbol for each in own]
    made = spec("RIDGE", kind=ModelType.REGRESSION, features=features, **ALL_DAYS | {"symbols": symbols, "timeframe": "1h"} | config)
    return made.model_copy(update={"own": own})


def at(workshop: Workshop, chosen: TrainingSpec) -> Workshop:
    market = Market(None, synthetic_allowed=False, artifacts=workshop.artifacts, own=chosen.own)
    return Workshop(workshop.artifacts, market)


def test_a_run_card_names_the_version_its_hash_and_its_warnings(workshop: Workshop) -> None:
    own = put(workshop.artifacts, scored(), version=3, warnings=1)
    chosen = own_spec(own, timeframe="4h")

    trained = at(workshop, chosen).train(chosen)

    card = trained.result.run_card
    said = f"dataset_1, version 3 (sha256 {own.sha256[:12]}, made of 1h, 1 kind of warning in its health check)"
    assert (card["data_source"], card["synthetic"], card["adjustment"], card["timeframe"]) == (said, False, "none", "4h")
    assert [(each["symbol"], each["source_hash"], each["bars"]) for each in card["symbols"]] == [("ACME", own.sha256, 600)]
    assert (card["commission"], card["slippage"], card["borrow_rate"]) == (0.001, 0.0005, 0.1)
    assert set(trained.result.feature_importance) == set(NAMES)


def test_own_and_packaged_symbols_are_trained_on_together_each_with_its_own_costs(workshop: Workshop) -> None:
    own = put(workshop.artifacts, Rows(timeframe="1d", calendar="24/5", bars=400))
    chosen = own_spec(own, features=("rsi_14",), symbols=["ACME", "NVDA"], timeframe="1d")

    card = at(workshop, chosen).train(chosen).result.run_card

    assert [each["symbol"] for each in card["symbols"]] == ["ACME", "NVDA"]
    assert card["data_source"].startswith("dataset_1, version 1")
    assert card["commission"] == 0.0005


def test_the_same_version_trains_the_same_and_another_one_is_another_configuration(workshop: Workshop) -> None:
    first, second = put(workshop.artifacts, scored()), put(workshop.artifacts, scored(bars=2500), version=2)
    specs = [own_spec(own) for own in (first, first, second)]

    hashes = [at(workshop, chosen).train(chosen).artifact.sha256 for chosen in specs[:2]]

    assert hashes[0] == hashes[1]
    assert config_hash(specs[0]) == config_hash(specs[1]) != config_hash(specs[2])


def test_a_training_without_own_symbols_has_the_configuration_that_it_had_before_there_were_any() -> None:
    assert config_hash(spec()) == "5d8db87abb8c391d7548e187e697ba747261ce08e420dfc0267bc0813f1f9f92"


def test_a_column_that_a_symbol_does_not_have_is_an_unknown_feature(workshop: Workshop) -> None:
    own = put(workshop.artifacts, Rows(bars=600))
    chosen = own_spec(own)

    with pytest.raises(PlatformError, match="sentiment_score"):
        at(workshop, chosen).train(chosen)


def test_a_backtest_plays_own_candles_and_says_which(workshop: Workshop) -> None:
    own = put(workshop.artifacts, scored(calendar="XNYS"))
    chosen = BacktestSpec.model_validate({"symbol": "ACME", "timeframe": "1h", "own": (own,)})

    result = run(chosen, market=at(workshop, own_spec(own)).market, report=lambda _: None)

    assert result.run_card["data_source"].startswith("dataset_1, version 1")
    assert (result.run_card["data_hash"], result.run_card["bars"]) == (own.sha256, 2400)
    # The exchange in New York opens at half past the hour, and its last hour has thirty minutes.
    assert {trade.entered_at.minute for trade in result.trades} == {30}
