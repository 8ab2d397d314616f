"""A model played as a strategy trades as its training judged it: the same signals, by the files that serve."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from libs.chassis.errors import InvalidError
from libs.contracts.backtests import BacktestResult, BacktestSpec
from libs.contracts.tables import Table, TableFile
from libs.contracts.training import ModelType
from services.training.backtests.run import run
from services.training.learners.train import Trained
from tests.training.learners.conftest import Once, Workshop


def played(workshop: Workshop, trained: Trained, **fields: Any) -> BacktestResult:
    strategy = {"name": "model", "model_id": "model_1", "version": "1.3", "artifact": trained.artifact.sha256}
    asked = {"strategy": strategy, "symbol": "AAPL", "end_date": "2012-12-31", "direction": "both", "commission": 0.0} | fields
    return run(BacktestSpec.model_validate(asked), market=workshop.market, report=lambda _: None, artifacts=workshop.artifacts)


def test_a_models_signals_are_played_as_its_training_played_them(once: Once) -> None:
    workshop, trained = once("LOGISTIC_REGRESSION", ModelType.CLASSIFICATION)
    opens = datetime.fromisoformat(trained.result.run_card["test_opens"]).astimezone(UTC)
    table = TableFile.from_bytes(workshop.artifacts.get(trained.result.tables[Table.TRADES].sha256))

    result = played(workshop, trained, start_date=(opens - timedelta(hours=1)).date(), lookahead_check=True)

    own = np.array(table.columns["symbol"]) == "AAPL"
    expected = {name: np.array(table.columns[name])[own].tolist() for name in ("side", "entry_price", "exit_price", "exit_reason")}
    assert [trade.direction for trade in result.trades] == expected["side"]
    assert [trade.entry_price for trade in result.trades] == pytest.approx(expected["entry_price"])
    assert [trade.exit_price for trade in result.trades] == pytest.approx(expected["exit_price"])
    assert [trade.reason for trade in result.trades] == expected["exit_reason"]
    assert len(result.trades) > 1
    assert result.in_sample_share == 0.0
    assert result.lookahead is not None
    assert result.lookahead.passed


def test_bars_that_a_model_has_learned_from_are_told(once: Once) -> None:
    workshop, trained = once("LOGISTIC_REGRESSION", ModelType.CLASSIFICATION)

    result = played(workshop, trained, start_date="2009-01-01")

    assert result.in_sample_share is not None
    assert 0.5 < result.in_sample_share < 1.0
    assert "says nothing of what it will earn" in result.warnings[0]


def test_a_version_whose_files_are_gone_is_refused_in_words(once: Once) -> None:
    workshop, trained = once("LOGISTIC_REGRESSION", ModelType.CLASSIFICATION)

    with pytest.raises(InvalidError, match=r"1\.3 are no longer there"):
        played(workshop, trained, strategy={"name": "model", "model_id": "m", "version": "1.3", "artifact": "0" * 64})
