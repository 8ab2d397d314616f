"""A version that its schedule trained is measured against the one that serves, on rows that neither has learned from."""

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.retraining import GateVerdict, Incumbent
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.candles import Market
from libs.quant.features import compute_features
from libs.quant.labels import forward_return, triple_barrier
from libs.quant.metrics import classification_metrics, regression_metrics
from services.training.learners.learner import SavedModel, probabilities
from services.training.learners.parity import serve
from services.training.learners.run_card import config_hash
from services.training.learners.train import Trained
from tests.training.learners.conftest import DOCUMENTED_FEATURES, Workshop, spec

FIRST: dict[str, Any] = {"symbols": ["AAPL"], "start_date": "2008-01-01", "end_date": "2011-12-31", "cross_validation_folds": 0}
LATER: dict[str, Any] = FIRST | {"end_date": "2012-12-31"}
HORIZON = 5


RIDGE = spec("RIDGE", kind=ModelType.REGRESSION, **LATER)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, market: Market) -> tuple[Workshop, Trained]:
    """A workshop for several stories, and what it has made of RIDGE."""
    workshop = Workshop(Artifacts(str(tmp_path_factory.mktemp("incumbents"))), market)
    return workshop, workshop.train(RIDGE)


def against(trained: Trained, chosen: TrainingSpec, *, metric: str, sha256: str = "") -> TrainingSpec:
    incumbent = Incumbent(version="1.0", artifact=sha256 or trained.artifact.sha256, metric=metric, tolerance=0.02)
    return chosen.model_copy(update={"incumbent": incumbent})


def model_of(workshop: Workshop, trained: Trained) -> tuple[dict[str, Any], SavedModel]:
    manifest = json.loads(workshop.artifacts.get(trained.artifact.sha256))
    onnx = workshop.artifacts.get(manifest["files"]["model.onnx"]["sha256"])
    return manifest, SavedModel(onnx=onnx, explanation=b"", explainer=manifest["explainer"], scale=manifest["scale"])


def by_hand(workshop: Workshop, old: Trained, new: Trained, *, metric: str) -> tuple[int, float, float]:
    """Return on how many rows both are measured, and both numbers, from candles and the files that answer."""
    manifest, saved = model_of(workshop, old)
    _, later = model_of(workshop, new)
    candles = workshop.market.candles("AAPL", "1d", end=date(2012, 12, 31))
    features = compute_features(candles, DOCUMENTED_FEATURES)
    opens = np.datetime64(new.result.run_card["test_opens"].rstrip("Z"), "ns").astype(np.int64)
    learned = int(np.searchsorted(candles.time, manifest["learned"]["AAPL"]["last"]))
    places = np.arange(len(candles))
    chosen = (places > learned + HORIZON) & (candles.time >= opens) & (places < len(candles) - HORIZON) & np.isfinite(features).all(axis=1)
    rows = features[chosen]
    if saved.scale == "value":
        targets = forward_return(candles, horizon=HORIZON).values[chosen]
        numbers = [regression_metrics(targets, serve(each, rows=rows)[:, 0]).values[metric] for each in (saved, later)]
    else:
        targets = triple_barrier(candles, horizon=HORIZON, barrier=new.result.run_card["barrier"]).values[chosen].astype(int)
        chances = [probabilities(serve(each, rows=rows), scale=each.scale) for each in (saved, later)]
        numbers = [classification_metrics(targets, each).values[metric] for each in chances]
    return int(chosen.sum()), float(numbers[0] or 0), float(numbers[1] or 0)


@pytest.mark.parametrize(
    ("algorithm", "kind", "metric"),
    [("LOGISTIC_REGRESSION", ModelType.CLASSIFICATION, "log_loss"), ("RIDGE", ModelType.REGRESSION, "rmse")],
)
def test_both_are_measured_on_the_same_rows_as_anybody_would(workshop: Workshop, algorithm: str, kind: ModelType, metric: str) -> None:
    old = workshop.train(spec(algorithm, kind=kind, **FIRST))

    new = workshop.train(against(old, spec(algorithm, kind=kind, **LATER), metric=metric))

    gate = new.result.gate
    assert gate is not None
    rows, was, now = by_hand(workshop, old, new, metric=metric)
    assert (gate.incumbent, gate.metric, gate.rows) == ("1.0", metric, rows)
    assert (gate.old, gate.new) == (pytest.approx(was, rel=1e-6), pytest.approx(now, rel=1e-6))
    assert gate.passed is (now <= was * 1.02)
    assert gate.reason in workshop.messages


def test_a_network_is_measured_on_windows(workshop: Workshop) -> None:
    short = {"hyperparameters": {"max_epochs": 1}, "features": ("rsi_14", "macd_signal")}
    old = workshop.train(spec("LSTM", **short, **FIRST))

    gate = workshop.train(against(old, spec("LSTM", **short, **LATER), metric="accuracy")).result.gate

    assert gate is not None
    assert gate.rows > 50
    assert 0 < float(gate.old or 0) < 1


def test_what_the_incumbent_has_learned_from_is_no_evidence(trained: tuple[Workshop, Trained]) -> None:
    workshop, old = trained

    gate = workshop.train(against(old, spec("RIDGE", kind=ModelType.REGRESSION, **FIRST), metric="rmse")).result.gate

    assert gate is not None
    assert (gate.rows < 50, gate.passed) == (True, False)
    assert gate.reason == f"Only {gate.rows} rows are new to both versions: at least 50 are needed to compare them."


def test_an_incumbent_that_is_lost_or_of_another_kind_is_told_and_does_not_pass(trained: tuple[Workshop, Trained]) -> None:
    workshop, old = trained
    fewer = spec("RIDGE", kind=ModelType.REGRESSION, features=("rsi_14",), **LATER)

    other = workshop.train(against(old, fewer, metric="rmse")).result.gate
    lost = workshop.train(against(old, fewer, metric="rmse", sha256="0" * 64)).result.gate

    manifest = json.loads(workshop.artifacts.get(old.artifact.sha256))
    manifest["files"]["model.onnx"]["sha256"] = workshop.artifacts.put(b"no longer a model").sha256
    broken = workshop.artifacts.put(json.dumps(manifest).encode()).sha256
    torn = workshop.train(against(old, RIDGE, metric="rmse", sha256=broken)).result.gate

    assert isinstance(other, GateVerdict)
    assert isinstance(torn, GateVerdict)
    assert (torn.reason.startswith("Version 1.0 can no longer be read ("), torn.passed) == (True, False)
    assert isinstance(lost, GateVerdict)
    assert (other.reason, other.passed) == ("Version 1.0 looks at other columns: it could not be compared.", False)
    assert (lost.reason.startswith("Version 1.0 can no longer be read (ArtifactMissingError)"), lost.passed) == (True, False)


def test_what_it_is_compared_with_changes_nothing_of_a_model(trained: tuple[Workshop, Trained]) -> None:
    workshop, alone = trained

    compared = workshop.train(against(alone, RIDGE, metric="rmse"))

    assert (compared.artifact.sha256, config_hash(RIDGE)) == (alone.artifact.sha256, compared.result.run_card["config_hash"])
    assert alone.result.gate is None
