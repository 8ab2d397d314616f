"""Every learner on rows, for every task it takes (those on windows: test_sequences.py): what is saved answers, explains and repeats as what was trained."""

from dataclasses import replace
from io import BytesIO

import lightgbm
import numpy as np
import pytest
import xgboost

from libs.contracts.algorithms import ALGORITHMS
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import ModelType
from libs.quant.trees import TreeEnsemble
from services.training.learners.catalogue import make_learner
from services.training.learners.errors import ArtifactMismatchError, ModelTooLargeError
from services.training.learners.forests import FORESTS
from services.training.learners.learner import Epoch, Learner, Sample, loss_of, probabilities
from services.training.learners.linear import FittedLinear
from services.training.learners.parity import check_parity, serve
from services.training.learners.tree_model import SizeWatch

CASES = [
    (algorithm.name, kind)
    for algorithm in ALGORITHMS.values()
    if "max_epochs" not in algorithm.hyperparameters  # networks on windows have stories of their own
    for kind in algorithm.model_types
]
SMALL = {
    "RANDOM_FOREST": {"n_estimators": 13, "max_depth": 6},
    "EXTRA_TREES": {"n_estimators": 13, "max_depth": 6},
    "XGBOOST": {"n_estimators": 12},
    "LIGHTGBM": {"n_estimators": 12},
}


def sample(kind: ModelType, *, rows: int = 600, classes: int = 3, seed: int = 0) -> Sample:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 5)) * [1.0, 50.0, 0.01, 1.0, 1.0]
    signal = x[:, 0] + x[:, 1] / 50 * x[:, 3] + random.normal(size=rows)
    if kind is ModelType.REGRESSION:
        return Sample(x, signal * 0.01 + 0.003)
    return Sample(x, np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes)).astype(np.int64))


def learner(algorithm: str, kind: ModelType, *, classes: int = 3, **more: HyperparameterValue) -> Learner:
    return make_learner(
        algorithm,
        model_type=kind,
        hyperparameters=SMALL.get(algorithm, {}) | more,
        classes=classes if kind is ModelType.CLASSIFICATION else 0,
    )


def no_report(_: Epoch) -> None: ...


@pytest.mark.parametrize(("algorithm", "kind"), CASES)
def test_the_saved_model_answers_and_explains_as_the_trained_one(algorithm: str, kind: ModelType) -> None:
    training, unseen = sample(kind), sample(kind, rows=200, seed=1)

    fitted = learner(algorithm, kind).fit(training, watched=None, on_epoch=no_report)
    saved = fitted.save()
    parity = check_parity(fitted, saved=saved, rows=unseen.rows)

    assert parity.score_difference < 1e-6
    assert parity.additivity_error < 1e-6
    assert saved.scale == (
        "value" if kind is ModelType.REGRESSION else "probability" if "FOREST" in algorithm or "EXTRA" in algorithm else "log-odds"
    )


@pytest.mark.parametrize(("algorithm", "kind"), CASES)
def test_a_learner_learns(algorithm: str, kind: ModelType) -> None:
    training, unseen = sample(kind, rows=2000), sample(kind, rows=500, seed=1)

    fitted = learner(algorithm, kind).fit(training, watched=None, on_epoch=no_report)
    loss, accuracy = loss_of(fitted.scores(unseen.rows), unseen.targets, scale=fitted.scale)

    if kind is ModelType.REGRESSION:
        assert loss < float(np.var(unseen.targets))
    else:
        assert accuracy is not None
        assert accuracy > 0.4


@pytest.mark.parametrize(("algorithm", "kind"), CASES)
def test_the_same_sample_gives_the_same_files_byte_for_byte(algorithm: str, kind: ModelType) -> None:
    first, second = (learner(algorithm, kind).fit(sample(kind), watched=None, on_epoch=no_report).save() for _ in range(2))

    assert first == second


@pytest.mark.parametrize(("algorithm", "kind"), CASES)
def test_watching_other_rows_changes_what_is_told_and_not_what_is_learned(algorithm: str, kind: ModelType) -> None:
    told: list[Epoch] = []
    unseen = sample(kind, rows=100, seed=1)

    alone = learner(algorithm, kind).fit(sample(kind), watched=None, on_epoch=no_report)
    watching = learner(algorithm, kind).fit(sample(kind), watched=unseen, on_epoch=told.append)

    assert watching.save() == alone.save()
    assert told[-1].number == told[-1].total == watching.epochs
    loss, accuracy = loss_of(watching.scores(unseen.rows), unseen.targets, scale=watching.scale)
    assert told[-1].loss == pytest.approx(loss, rel=1e-5)
    assert told[-1].accuracy == (None if accuracy is None else pytest.approx(accuracy, abs=1e-6))


@pytest.mark.parametrize(("algorithm", "kind"), CASES)
def test_the_explanation_file_needs_no_pickle_and_holds_the_model(algorithm: str, kind: ModelType) -> None:
    unseen = sample(kind, rows=50, seed=1)
    saved = learner(algorithm, kind).fit(sample(kind), watched=None, on_epoch=no_report).save()

    if saved.explainer == "trees":
        answers = TreeEnsemble.from_bytes(saved.explanation).predict(unseen.rows.astype(np.float32))
    else:
        with np.load(BytesIO(saved.explanation), allow_pickle=False) as file:
            answers = unseen.rows @ file["coef"] + file["intercept"]

    assert answers == pytest.approx(serve(saved, rows=unseen.rows), abs=1e-6)


@pytest.mark.parametrize("algorithm", [name for name, kind in CASES if kind is ModelType.CLASSIFICATION])
@pytest.mark.parametrize("absent", [0, 1, 2])
def test_a_class_without_rows_keeps_its_column_and_has_next_to_no_chance(algorithm: str, absent: int) -> None:
    whole = sample(ModelType.CLASSIFICATION)
    kept = whole.targets != absent

    fitted = learner(algorithm, ModelType.CLASSIFICATION).fit(
        Sample(whole.rows[kept], whole.targets[kept]), watched=whole, on_epoch=no_report
    )
    chances = probabilities(fitted.scores(whole.rows), scale=fitted.scale)

    assert chances.shape == (600, 3)
    assert chances[:, absent].max() < 1e-3
    check_parity(fitted, saved=fitted.save(), rows=whole.rows)


@pytest.mark.parametrize("algorithm", [name for name, kind in CASES if kind is ModelType.CLASSIFICATION])
def test_two_classes_have_two_columns(algorithm: str) -> None:
    training = sample(ModelType.CLASSIFICATION, classes=2)

    fitted = learner(algorithm, ModelType.CLASSIFICATION, classes=2).fit(training, watched=None, on_epoch=no_report)

    assert serve(fitted.save(), rows=training.rows).shape == (600, 2)
    check_parity(fitted, saved=fitted.save(), rows=training.rows)


@pytest.mark.parametrize("algorithm", ["RANDOM_FOREST", "EXTRA_TREES"])
@pytest.mark.parametrize("kind", [ModelType.CLASSIFICATION, ModelType.REGRESSION])
def test_a_forest_grown_in_batches_is_the_forest_grown_at_once(algorithm: str, kind: ModelType) -> None:
    training = sample(kind)
    rows = training.rows.astype(np.float32)

    batches = learner(algorithm, kind, random_state=7).fit(training, watched=None, on_epoch=no_report)
    whole = FORESTS[algorithm, kind is ModelType.CLASSIFICATION](n_estimators=13, max_depth=6, max_features="sqrt", random_state=7).fit(
        rows, training.targets
    )

    expected = whole.predict_proba(rows) if kind is ModelType.CLASSIFICATION else whole.predict(rows).reshape(-1, 1)
    assert np.array_equal(batches.scores(training.rows), expected)


@pytest.mark.parametrize(
    ("algorithm", "more"),
    [
        (
            "RANDOM_FOREST",
            {
                "class_weight": "balanced",
                "max_features": 0.5,
                "max_samples": 0.5,
                "min_samples_leaf": 0.01,
                "criterion": "entropy",
                "ccp_alpha": 0.001,
            },
        ),
        ("EXTRA_TREES", {"bootstrap": True, "max_features": None, "max_leaf_nodes": 8, "criterion": "log_loss"}),
        (
            "XGBOOST",
            {
                "max_leaves": 8,
                "subsample": 0.7,
                "colsample_bytree": 0.5,
                "colsample_bylevel": 0.9,
                "colsample_bynode": 0.9,
                "gamma": 0.1,
                "reg_alpha": 0.1,
                "max_bin": 64,
            },
        ),
        (
            "LIGHTGBM",
            {"subsample": 0.7, "subsample_freq": 1, "colsample_bytree": 0.5, "class_weight": "balanced", "max_depth": 4, "max_bin": 63},
        ),
        ("LOGISTIC_REGRESSION", {"C": 0.1, "class_weight": "balanced", "fit_intercept": False}),
    ],
)
def test_hyperparameters_reach_the_library(algorithm: str, more: dict[str, HyperparameterValue]) -> None:
    training = sample(ModelType.CLASSIFICATION)

    plain = learner(algorithm, ModelType.CLASSIFICATION).fit(training, watched=None, on_epoch=no_report)
    tuned = learner(algorithm, ModelType.CLASSIFICATION, **more).fit(training, watched=None, on_epoch=no_report)

    assert not np.array_equal(plain.scores(training.rows), tuned.scores(training.rows))
    check_parity(tuned, saved=tuned.save(), rows=training.rows)


@pytest.mark.parametrize("algorithm", ["XGBOOST", "LIGHTGBM"])
def test_a_boosters_contributions_are_the_librarys_own(algorithm: str) -> None:
    training = sample(ModelType.CLASSIFICATION)
    fitted = learner(algorithm, ModelType.CLASSIFICATION).fit(training, watched=None, on_epoch=no_report)
    library = fitted.library.__closure__[0].cell_contents
    rows = training.rows[:40].astype(np.float32)

    if isinstance(library, xgboost.Booster):
        expected = library.predict(xgboost.DMatrix(rows), pred_contribs=True)[:, 1, :]
    else:
        assert isinstance(library, lightgbm.Booster)
        expected = library.predict(rows, pred_contrib=True).reshape(40, 3, 6)[:, 1, :]
    contributions, base = fitted.explain(rows.astype(np.float64), outputs=np.full(40, 1))

    assert contributions == pytest.approx(expected[:, :5], abs=1e-5)
    assert base == pytest.approx(expected[:, 5], abs=1e-5)


def test_files_that_answer_otherwise_are_refused() -> None:
    training = sample(ModelType.REGRESSION)
    fitted = learner("RIDGE", ModelType.REGRESSION).fit(training, watched=None, on_epoch=no_report)
    other = learner("RIDGE", ModelType.REGRESSION, alpha=1e4).fit(training, watched=None, on_epoch=no_report)

    with pytest.raises(ArtifactMismatchError, match="differ from the trained"):
        check_parity(fitted, saved=replace(fitted.save(), onnx=other.save().onnx), rows=training.rows)


@pytest.mark.parametrize("size", [1.0, 1e6, 1e12])
@pytest.mark.parametrize(("algorithm", "kind"), [("LOGISTIC_REGRESSION", ModelType.CLASSIFICATION), ("RIDGE", ModelType.REGRESSION)])
def test_a_linear_model_adds_up_whatever_the_size_of_its_rows(algorithm: str, kind: ModelType, size: float) -> None:
    fitted = learner(algorithm, kind).fit(sample(kind), watched=None, on_epoch=no_report)

    parity = check_parity(fitted, saved=fitted.save(), rows=sample(kind, rows=200, seed=1).rows * size)

    assert parity.additivity_error <= 1e-15 * size


def test_a_linear_explanation_that_misses_by_more_than_a_millionth_is_refused() -> None:
    training = sample(ModelType.CLASSIFICATION)
    fitted = learner("LOGISTIC_REGRESSION", ModelType.CLASSIFICATION).fit(training, watched=None, on_epoch=no_report)
    assert isinstance(fitted, FittedLinear)
    off = replace(fitted, weights=replace(fitted.weights, intercept=fitted.weights.intercept + 5e-6))

    with pytest.raises(ArtifactMismatchError, match="contributions miss the served score by up to 5e-06"):
        check_parity(off, saved=fitted.save(), rows=training.rows)


def test_a_forest_too_large_to_serve_is_refused_before_it_is_grown() -> None:
    told: list[Epoch] = []

    with pytest.raises(ModelTooLargeError, match="lower n_estimators"):
        learner("RANDOM_FOREST", ModelType.CLASSIFICATION, n_estimators=2000, max_depth=32).fit(
            sample(ModelType.CLASSIFICATION, rows=3000), watched=None, on_epoch=told.append
        )

    assert told == []


def test_a_booster_that_grows_too_large_is_stopped_on_the_way() -> None:
    watch = SizeWatch(100)

    due = [index for index in range(100) if watch.due(index)]
    watch.see(due[0], nodes=30_000)

    assert due == [0, 25, 50, 75]
    with pytest.raises(ModelTooLargeError):
        watch.see(due[1], nodes=60_000)


def test_a_solver_that_does_not_converge_says_so() -> None:
    fitted = learner("LOGISTIC_REGRESSION", ModelType.CLASSIFICATION, max_iter=1, tol=1e-9).fit(
        sample(ModelType.CLASSIFICATION), watched=None, on_epoch=no_report
    )

    assert fitted.warnings == ("The solver did not converge in 1 iterations: raise max_iter or tol",)
