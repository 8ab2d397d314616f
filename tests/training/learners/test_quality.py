"""What a training keeps so that predictions can say how unusual they are, and the play of a model that abstains."""

import json

import numpy as np
import pytest

from libs.contracts.training import ModelType
from libs.quant.features import compute_features
from libs.quant.novelty import Novelty
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.quality import novelty_of
from tests.training.learners.conftest import DOCUMENTED_FEATURES, Once, Workshop, spec


def ridge(workshop: Workshop, **config: object) -> tuple[dict[str, object], Novelty]:
    """Train a small regression; return what it measured and what it keeps of its training rows."""
    trained = workshop.train(spec("RIDGE", kind=ModelType.REGRESSION, cross_validation_folds=0, **config))
    manifest = json.loads(workshop.artifacts.get(trained.artifact.sha256))
    result = trained.result.model_dump() | {"rule": manifest["training_config"]["abstain_when"]}
    return result, Novelty.from_bytes(workshop.artifacts.get(manifest["files"]["novelty.npz"]["sha256"]))


def test_the_version_keeps_what_its_training_rows_are_like_and_the_card_says_what_that_rests_on(workshop: Workshop) -> None:
    result, novelty = ridge(workshop)

    card = result["run_card"]
    assert int(novelty.rows) == card["quality"]["rows"] == card["train_rows"]
    assert 0 < card["quality"]["shrinkage"] < 0.1
    assert 0 <= card["quality"]["test_rows_beyond"] < 0.05 * card["test_rows"]
    assert (card["quality"]["left_out"], card["quality"]["abstained_test_rows"], result["rule"]) == ([], None, None)


def test_a_model_that_abstains_is_played_as_one_that_is_out_of_the_market_then(workshop: Workshop) -> None:
    plain, novelty = ridge(workshop)
    some, _ = ridge(workshop, abstain_when={"quality_below": 0.3})
    all_but_one, _ = ridge(workshop, abstain_when={"quality_below": 1.0})

    unseen = workshop.market.candles("AAPL", "1d")
    share = float((novelty.quality(compute_features(unseen, DOCUMENTED_FEATURES)[-200:]) < 0.3).mean())
    card = some["run_card"]
    assert some["rule"] == {"quality_below": 0.3, "age_bars_above": None}
    assert 0 < share < 1
    assert 0 < card["quality"]["abstained_test_rows"] < card["test_rows"]
    assert some["metrics"]["total_return"] != plain["metrics"]["total_return"]
    # What it would have said is judged all the same: the metrics of its answers are of every row.
    assert some["metrics"]["rmse"] == plain["metrics"]["rmse"]
    assert all_but_one["backtest"]["total_trades"] <= 2
    assert all_but_one["run_card"]["quality"]["abstained_test_rows"] >= card["test_rows"] - 1


def test_which_symbol_a_row_is_of_has_no_say() -> None:
    rows = np.random.default_rng(1).normal(size=(200, 2))
    coded = np.column_stack((rows, np.repeat([0.25, 0.75], 100)))

    with_code, without = (
        novelty_of(coded, features=("rsi_14", "log_return_1", "symbol")),
        novelty_of(rows, features=("rsi_14", "log_return_1")),
    )

    np.testing.assert_allclose(with_code.quality(np.column_stack((rows, np.full(200, 0.5)))), without.quality(rows))


def test_of_windows_the_newest_bar_is_looked_at(once: Once) -> None:
    workshop, trained = once("GRU", ModelType.CLASSIFICATION)

    manifest = json.loads(workshop.artifacts.get(trained.artifact.sha256))
    novelty = Novelty.from_bytes(workshop.artifacts.get(manifest["files"]["novelty.npz"]["sha256"]))

    assert (len(novelty.centre), int(novelty.rows)) == (len(DOCUMENTED_FEATURES), trained.result.run_card["train_rows"])


@pytest.mark.parametrize("rule", [{}, {"quality_below": 0}, {"age_bars_above": -1}, {"quality_blow": 0.1}, {"quality_below": "0.1"}])
def test_a_rule_that_is_none_is_refused(workshop: Workshop, rule: dict[str, object]) -> None:
    with pytest.raises(TrainingRefusedError, match="abstain_when"):
        workshop.train(spec("RIDGE", kind=ModelType.REGRESSION, abstain_when=rule))
