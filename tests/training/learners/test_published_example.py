"""The published examples of a training are what its own request gives."""

import re

import pytest

from libs.contracts.examples import EXAMPLES, SPEC
from libs.contracts.training import TrainingCompleted, TrainingProgressed
from tests.training.learners.conftest import Workshop


def shape(words: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "#", words)


def test_the_published_examples_tell_what_a_training_tells(workshop: Workshop) -> None:
    completed, progressed = EXAMPLES[TrainingCompleted], EXAMPLES[TrainingProgressed]
    assert isinstance(completed, TrainingCompleted)
    assert isinstance(progressed, TrainingProgressed)
    fewer_folds = SPEC.model_copy(update={"training_config": SPEC.training_config | {"cross_validation_folds": 2}})

    told = workshop.train(fewer_folds).result

    shown = completed.result
    assert {name: told.metrics[name] for name in shown.metrics} == pytest.approx(shown.metrics, abs=0.02)
    assert {name: told.backtest[name] for name in shown.backtest} == pytest.approx(shown.backtest, rel=0.1)
    assert told.feature_importance == pytest.approx(shown.feature_importance, abs=0.01)
    # Which epoch is the best one depends on the folds.
    assert told.training_metrics == pytest.approx(shown.training_metrics | {"best_epoch": told.training_metrics["best_epoch"]}, rel=0.02)
    assert set(shown.validation_metrics) <= set(told.validation_metrics)
    assert shown.reasons == told.reasons
    assert set(shown.sharpe_interval) == set(told.sharpe_interval)
    assert (shown.run_card["rows"], shown.run_card["data_source"]) == (told.run_card["rows"], told.run_card["data_source"])
    assert shape(progressed.stage) in {shape(each.stage) for each in workshop.told}
    assert {shape(line.message) for each in (completed, progressed) for line in each.logs} <= {shape(words) for words in workshop.messages}
    assert set(progressed.metrics) <= set(workshop.told[-1].metrics)
