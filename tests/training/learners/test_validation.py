"""How a training is validated, as asked: each method, its paths, and the last fit on all rows."""

import pytest

from libs.contracts.training_config import CheckedConfig
from libs.contracts.validation import ValidationRule
from tests.training.learners.conftest import InterruptionError, MemoryCheckpoints, Workshop, spec


@pytest.mark.parametrize(
    ("asked", "splits", "paths"),
    [
        ({"method": "holdout"}, 1, 1),
        ({"method": "purged_kfold", "folds": 3}, 3, 1),
        ({"method": "walk_forward", "folds": 2}, 2, 1),
        ({"method": "cpcv", "groups": 4, "test_groups": 2}, 6, 3),
    ],
)
def test_a_training_is_validated_as_asked_and_tells_each_path(
    workshop: Workshop, asked: dict[str, object], splits: int, paths: int
) -> None:
    result = workshop.train(spec("LOGISTIC_REGRESSION", validation=asked)).result

    told = result.run_card["validation"]
    assert (result.run_card["folds"], told["splits"], len(told["paths"])) == (splits, splits, paths)
    assert all(path["bars"] > 0 and path["sharpe_ratio"] is not None for path in told["paths"])
    assert (told["embargo"], told["reasons"]) == (result.run_card["horizon"], {})
    assert told["sharpe_ratio"]["least"] <= told["sharpe_ratio"]["mean"] <= told["sharpe_ratio"]["most"]
    assert result.validation_metrics["accuracy"] is not None


def test_a_model_that_abstains_is_validated_as_it_is_served(workshop: Workshop) -> None:
    asked = {"validation": {"method": "holdout"}, "abstain_when": {"quality_below": 1.0}}

    told = workshop.train(spec("LOGISTIC_REGRESSION", **asked)).result.run_card["validation"]

    (path,) = told["paths"]
    assert (path["total_return"], path["sharpe_ratio"], told["sharpe_ratio"]) == (0.0, None, None)
    assert "nothing was traded" in told["reasons"]["sharpe_ratio"]


def test_a_validation_that_was_cut_off_goes_on_to_the_same_numbers(workshop: Workshop) -> None:
    asked = spec("LOGISTIC_REGRESSION", validation={"method": "cpcv", "groups": 3, "test_groups": 1})
    checkpoints = MemoryCheckpoints(dies_after=2)

    with pytest.raises(InterruptionError):
        workshop.train(asked, checkpoints=checkpoints)
    checkpoints.dies_after = None
    resumed = workshop.train(asked, checkpoints=checkpoints)

    assert resumed.result.run_card["validation"] == workshop.train(asked).result.run_card["validation"]


def test_what_serves_after_a_refit_has_learned_from_all_rows_and_the_numbers_are_of_the_model_before(workshop: Workshop) -> None:
    plain = workshop.train(spec("LOGISTIC_REGRESSION"))
    again = workshop.train(spec("LOGISTIC_REGRESSION", refit=True))

    card = again.result.run_card
    assert card["intervals"]["of"] == "the model before the refit"
    assert "of the model before" in card["warnings"][-1]
    assert "of" not in plain.result.run_card["intervals"]
    assert again.result.metrics == plain.result.metrics
    assert card["refit"]["rows"] > card["train_rows"] + card["test_rows"] - 1
    assert card["refit"]["learned_until"] == card["learned_until"] > plain.result.run_card["learned_until"]
    assert set(card["refit"]["training_metrics"]) == set(again.result.training_metrics) - {"best_epoch"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"method": "cpcv", "groups": 4, "test_groups": 4}, "something has to be left"),
        ({"method": "cpcv", "groups": 10, "test_groups": 5}, "252 fits"),
    ],
)
def test_splits_that_make_no_sense_or_are_too_many_are_refused(asked: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ValidationRule.model_validate(asked)
    with pytest.raises(ValueError, match=told):
        CheckedConfig.model_validate({"symbols": ["AAPL"], "validation": asked})
