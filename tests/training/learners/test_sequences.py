"""Learners on windows of bars: what their rows rest on, how they stop and keep, how they go on after an interruption, and their files."""

import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.plots import REPORT, Plot
from libs.contracts.training import ModelType
from libs.contracts.training_config import CheckedConfig
from libs.market.candles import Market
from libs.quant.shapley_coalitions import Coalitions
from libs.quant.splits import purged_folds
from libs.quant.windows import Windows
from services.training.learners.catalogue import make_learner
from services.training.learners.errors import ArtifactMismatchError, NotEnoughDataError, TrainingRefusedError
from services.training.learners.learner import Epoch, Learner, Sample, Spans, loss_of, probabilities
from services.training.learners.parity import check_parity, serve
from services.training.learners.series import Series, load_candles, with_features
from services.training.learners.table import Table, make_table, split
from services.training.learners.unfinished import Memory
from tests.training.learners.conftest import DOCUMENTED_FEATURES, InterruptionError, MemoryCheckpoints, Workshop, spec
from tests.training.learners.test_training import numbers

STEPS = 6
SMALL: dict[str, HyperparameterValue] = {"sequence_length": STEPS, "hidden_size": 8, "max_epochs": 6, "learning_rate": 0.02}
EACH = pytest.mark.parametrize("algorithm", ["LSTM", "GRU", "TRANSFORMER"])


def sample(*, rows: int = 600, seed: int = 0, classes: int = 3) -> Sample:
    """Windows whose class is decided by what a feature was some bars ago, so that only a model with a memory can tell."""
    random = np.random.default_rng(seed)
    bars = random.normal(size=(rows + STEPS - 1, 3)) * [1.0, 50.0, 0.01] + [0.0, 1000.0, 0.0]
    last = np.arange(STEPS - 1, len(bars))
    told = bars[last - 2, 0] + 0.2 * random.normal(size=rows)
    targets = np.digitize(told, np.quantile(told, np.arange(1, classes) / classes)).astype(np.int64)
    time = np.arange(len(bars)) * 10**9
    return Sample(Windows(bars, last, STEPS), targets, Spans(time[last - STEPS + 1], time[last], time[last] + 10**9))


def learner(algorithm: str = "LSTM", *, classes: int = 3, **more: HyperparameterValue) -> Learner:
    return make_learner(algorithm, model_type=ModelType.CLASSIFICATION, hyperparameters=SMALL | more, classes=classes)


def no_report(_: Epoch) -> None: ...


SPAN = CheckedConfig.model_validate({"symbols": ["AAPL", "MSFT"], "start_date": "2009-01-01", "end_date": "2012-12-31"})


def some_series(market: Market, *, config: CheckedConfig = SPAN) -> list[Series]:
    loaded = [load_candles(symbol, config=config, market=market) for symbol in config.symbols]
    return [with_features(candles, first=first, names=DOCUMENTED_FEATURES) for candles, first in loaded]


def a_table(market: Market, *, steps: int = STEPS, **config: Any) -> Table:
    whole = CheckedConfig.model_validate(SPAN.model_dump() | config)
    return make_table(some_series(market, config=whole), config=whole, model_type=ModelType.CLASSIFICATION, steps=steps)


def test_a_window_is_of_one_symbol_and_ends_with_the_row_that_a_table_would_have(market: Market) -> None:
    windows, rows = a_table(market), a_table(market, steps=0)

    values = windows.rows.values()

    assert np.array_equal(values[:, -1], rows.rows)
    assert np.array_equal(windows.targets, rows.targets)
    # Each window's earlier bars are the rows before, within a symbol: the second symbol's first window reaches into what came before its start.
    for start, stop in ((0, len(rows) // 2), (len(rows) // 2, len(rows))):
        own = rows.rows[start:stop]
        for back in range(1, STEPS):
            assert np.array_equal(values[start + back : stop, STEPS - 1 - back], own[:-back])
    assert (windows.begins < windows.time).all()


def test_no_window_reaches_across_the_border_of_training_and_test(market: Market) -> None:
    table = a_table(market)

    parts = split(table, series=some_series(market), config=SPAN)

    assert table.known[parts.train].max() < parts.cut <= table.begins[parts.test].min()


def test_no_window_of_a_fold_reaches_into_another_part(market: Market) -> None:
    table = a_table(market)

    for fold in purged_folds(table.time, table.known, folds=4, embargo=5, begins=table.begins, symbol=table.symbol):
        tested = (table.begins[fold.test].min(), table.known[fold.test].max())
        before = table.known[fold.train] < tested[0]
        after = table.begins[fold.train] > tested[1]
        assert (before | after).all()
        assert len(fold.train) + len(fold.test) + fold.purged + fold.embargoed == len(table)


@EACH
def test_a_network_learns_what_only_the_past_tells(algorithm: str) -> None:
    unseen = sample(rows=400, seed=1)

    fitted = learner(algorithm, max_epochs=12).fit(sample(rows=1500), watched=None, on_epoch=no_report)
    loss, accuracy = loss_of(fitted.scores(unseen.rows), unseen.targets, scale=fitted.scale)

    assert accuracy is not None
    assert accuracy > 0.6
    assert loss < 0.9


@EACH
def test_the_saved_model_answers_and_explains_as_the_trained_one(algorithm: str) -> None:
    fitted = learner(algorithm, num_layers=2).fit(sample(), watched=None, on_epoch=no_report)
    saved, unseen = fitted.save(), sample(rows=5000, seed=1).rows

    parity = check_parity(fitted, saved=saved, rows=unseen)

    assert (saved.explainer, saved.scale, saved.sequence_length, saved.inputs) == ("coalitions", "log-odds", STEPS, {"x": "window"})
    assert parity.score_difference < (1e-5 if algorithm == "TRANSFORMER" else 1e-6)  # Attention adds up more numbers in float32.
    assert parity.additivity_error < 1e-6
    assert fitted.scores(unseen).sum(axis=1) == pytest.approx(np.zeros(5000), abs=1e-5)


def test_the_explanation_file_needs_no_pickle_and_holds_the_typical_window() -> None:
    training = sample()
    saved = learner(early_stopping_patience=None).fit(training, watched=None, on_epoch=no_report).save()

    with np.load(BytesIO(saved.explanation), allow_pickle=False) as file:
        background = file["background"]
    told = Coalitions.from_bytes(saved.explanation, evaluate=lambda windows: windows[:, -1, :1])

    assert background.shape == (1, STEPS, 3)
    assert background[0] == pytest.approx(np.tile(training.rows.bars.mean(axis=0), (STEPS, 1)))
    assert told.base == pytest.approx(background[0, -1, :1])


@EACH
def test_the_same_sample_gives_the_same_files_byte_for_byte_and_another_seed_others(algorithm: str) -> None:
    def files(**more: HyperparameterValue) -> Any:
        return learner(algorithm, **more).fit(sample(), watched=None, on_epoch=no_report).save()

    first = files()

    assert files() == first
    assert files(random_state=1) != first


def test_every_epoch_is_told_and_watching_changes_nothing() -> None:
    told: list[Epoch] = []
    unseen = sample(rows=100, seed=1)

    watching = learner(early_stopping_patience=None).fit(sample(), watched=unseen, on_epoch=told.append)
    alone = learner(early_stopping_patience=None).fit(sample(), watched=None, on_epoch=no_report)

    assert [(each.number, each.total) for each in told] == [(number, 6) for number in range(1, 7)]
    assert watching.save() == alone.save()
    loss, accuracy = loss_of(watching.scores(unseen.rows), unseen.targets, scale="log-odds")
    assert (told[-1].loss, told[-1].accuracy, told[-1].validation_loss) == (pytest.approx(loss), pytest.approx(accuracy), None)


def test_the_best_epoch_on_the_rows_set_aside_is_kept_and_no_later_one() -> None:
    told: list[Epoch] = []
    hopeless = replace(sample(), targets=np.random.default_rng(5).integers(0, 3, 600))

    fitted = learner(max_epochs=60, early_stopping_patience=3).fit(hopeless, watched=None, on_epoch=told.append)

    losses = [each.validation_loss for each in told]
    assert fitted.best_epoch == 1 + int(np.argmin(losses))
    assert fitted.epochs == len(told) == fitted.best_epoch + 3 < 60
    # A fit that ends with that epoch is the same model.
    short = learner(max_epochs=fitted.best_epoch, early_stopping_patience=3).fit(hopeless, watched=None, on_epoch=no_report)
    assert short.save() == fitted.save()


def test_rows_set_aside_are_the_last_and_only_the_others_decide_the_scale() -> None:
    whole = sample()
    calm = whole.rows.bars.copy()
    calm[-80:] += 1e6  # Lies in the last 15 % of the time, and in no window before.
    shifted = replace(whole, rows=Windows(calm, whole.rows.last, STEPS))

    first, second = (learner(max_epochs=1).fit(each, watched=None, on_epoch=no_report) for each in (whole, shifted))

    assert np.array_equal(first.scores(whole.rows[:400]), second.scores(whole.rows[:400]))


def test_a_fit_that_was_still_getting_better_says_so() -> None:
    fitted = learner(max_epochs=2).fit(sample(), watched=None, on_epoch=no_report)

    assert fitted.warnings == ("The last of 2 epochs was the best: it may learn more with a larger max_epochs",)


def test_a_class_without_rows_keeps_its_column_and_has_little_chance() -> None:
    whole = sample()
    kept = np.flatnonzero(whole.targets != 1)
    assert whole.spans is not None
    spans = Spans(whole.spans.begins[kept], whole.spans.time[kept], whole.spans.known[kept])

    fitted = learner(max_epochs=20, class_weight="balanced").fit(
        Sample(whole.rows[kept], whole.targets[kept], spans), watched=whole, on_epoch=no_report
    )

    assert probabilities(fitted.scores(whole.rows), scale=fitted.scale)[:, 1].max() < 0.05


def test_too_few_windows_to_stop_early_by_are_refused_with_a_way_out() -> None:
    with pytest.raises(NotEnoughDataError, match="early_stopping_patience as null"):
        learner().fit(sample(rows=50), watched=None, on_epoch=no_report)


def test_a_loss_that_is_no_number_ends_the_fit_in_words() -> None:
    training = sample()
    training.rows.bars[100, 0] = np.inf

    with pytest.raises(TrainingRefusedError, match="lower learning_rate"), np.errstate(invalid="ignore"):
        learner(early_stopping_patience=None).fit(training, watched=None, on_epoch=no_report)


def test_files_that_answer_otherwise_are_refused() -> None:
    training = sample()
    fitted, other = (learner(random_state=seed).fit(training, watched=None, on_epoch=no_report) for seed in (1, 2))

    with pytest.raises(ArtifactMismatchError, match="differ from the trained"):
        check_parity(fitted, saved=replace(fitted.save(), onnx=other.save().onnx), rows=training.rows)
    assert serve(fitted.save(), rows=training.rows).shape == (600, 3)


@pytest.mark.parametrize("algorithm", ["LSTM", *(pytest.param(each, marks=pytest.mark.soak) for each in ("GRU", "TRANSFORMER"))])
def test_a_training_that_died_in_the_middle_of_each_fit_goes_on_there_and_ends_the_same(
    workshop: Workshop, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.training.learners.unfinished.KEEP_EVERY_S", 0.0)
    request = spec(algorithm, hyperparameters={"max_epochs": 3, "dropout": 0.3, "num_layers": 2})
    whole = numbers(workshop.train(request))

    checkpoints = MemoryCheckpoints()
    # The first fold, the second and the final fit keep three epochs each: it dies after the first, the second and the third of them.
    for death in (1, 5, 9):
        checkpoints.dies_after_fits = death
        with pytest.raises(InterruptionError):
            workshop.train(request, checkpoints=checkpoints)
    resumed = numbers(workshop.train(request, checkpoints=checkpoints))

    assert resumed == whole
    lines = [each for each in workshop.messages if each.startswith("Goes on")]
    assert lines == [f"Goes on after epoch {epoch}, which the attempt before had reached" for epoch in (1, 2, 3)]


def test_what_another_request_has_left_of_a_fit_is_not_used(workshop: Workshop) -> None:
    one, other = (spec("LSTM", hyperparameters={"random_state": seed, "max_epochs": 2}, cross_validation_folds=0) for seed in (1, 2))
    checkpoints = MemoryCheckpoints(dies_after_fits=1)
    with pytest.raises(InterruptionError):
        workshop.train(one, checkpoints=checkpoints)

    second = workshop.train(other, checkpoints=checkpoints)

    assert numbers(second) == numbers(workshop.train(other))
    assert not any(each.startswith("Goes on") for each in workshop.messages)


@pytest.mark.parametrize("left", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_checkpoint_of_a_fit_is_passed_over(left: bytes) -> None:
    assert Memory(MemoryCheckpoints(fit=left), "key", print).recall() is None


def test_progress_names_the_epoch_with_its_loss_and_the_best_one_is_in_the_result(workshop: Workshop) -> None:
    workshop.pictures = True
    trained = workshop.train(spec("LSTM", hyperparameters={"max_epochs": 5, "early_stopping_patience": 5}))

    final = [each for each in workshop.told if each.stage == "fitting the final model" and "epoch" in each.metrics]
    assert sorted({each.metrics["epoch"] for each in final}) == [0, 1, 2, 3, 4, 5]
    assert {"loss", "accuracy", "validation_loss", "total_epochs", "best_epoch"} <= set(final[-1].metrics)
    assert "Fitting at most 5 epochs" in workshop.messages
    assert any(each.startswith("Epoch 5 of 5: training loss ") for each in workshop.messages)
    learned = trained.result.training_metrics
    assert (learned["epochs"], 1 <= (learned["best_epoch"] or 0) <= 5) == (5, True)
    assert {*Plot, REPORT} <= set(trained.result.plots)
    card, how = trained.result.run_card, trained.result.run_card["feature_importance"]
    assert {"torch", "numpy"} <= set(card["libraries"])
    assert (0 < card["held_rows"] < card["train_rows"], 0 < 4 * card["parameters"] < card["model_bytes"]) == (True, True)
    assert (how["estimated"], how["standard_error"]) == (False, None)


def test_with_many_features_the_run_card_says_that_their_importance_is_an_estimate(workshop: Workshop) -> None:
    features = (*DOCUMENTED_FEATURES, *(f"return_{bars}" for bars in range(1, 8)))

    # Few rows: each is explained by hundreds of answers.
    short = {"symbols": ["AAPL"], "start_date": "2010-01-01", "end_date": "2011-12-31", "cross_validation_folds": 0}
    result = workshop.train(spec("GRU", hyperparameters={"max_epochs": 1}, features=features, **short)).result

    how = result.run_card["feature_importance"]
    assert (how["estimated"], how["standard_error"] > 0) == (True, True)
    assert sum(result.feature_importance.values()) == pytest.approx(1.0)
    assert result.run_card["parity"]["additivity_error"] < 1e-6


def test_no_process_imports_pytorch_before_a_network_is_asked_for() -> None:
    code = "import sys, services.training.learners.train, services.inference.app, services.training.app; print('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split() == ["False"]
