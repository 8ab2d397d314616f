"""Forecasters of the close: what they say, how they are judged, and that neither the future nor a price level reaches them."""

from importlib import import_module
from typing import Any

import numpy as np
import orjson
import pytest

from libs.contracts.training import ModelType, TrainingSpec
from libs.market.candles import Market
from libs.quant.features import compute_features, symbol_code
from libs.quant.windows import Windows
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.forecasting_columns import columns_for
from services.training.learners.learner import Epoch, Sample
from tests.training.learners.conftest import InterruptionError, MemoryCheckpoints, Workshop

SMALL = {"max_epochs": 3, "encoder_length": 12, "hidden_size": 8, "learning_rate": 0.01}
FEATURES = ("rsi_14", "volatility_20")
KINDS = ("TFT", "NHITS", "DEEPAR")


def spec(algorithm: str, *, hyperparameters: dict[str, Any] | None = None, **config: Any) -> TrainingSpec:
    return TrainingSpec(
        model_type=ModelType.TIME_SERIES,
        algorithm=algorithm,
        target_variable="close",
        features=FEATURES,
        hyperparameters=SMALL | (hyperparameters or {}),
        training_config={
            "symbols": ["AAPL", "MSFT"],
            "start_date": "2009-01-01",
            "end_date": "2011-12-31",
            "cross_validation_folds": 2,
            "horizon": 3,
        }
        | config,
    )


@pytest.mark.parametrize(("kind", "folds"), [("NHITS", 2), ("DEEPAR", 0), pytest.param("TFT", 2, marks=pytest.mark.soak)])
def test_a_forecaster_is_trained_judged_out_of_sample_and_saved(workshop: Workshop, kind: str, folds: int) -> None:
    workshop.pictures = True

    trained = workshop.train(spec(kind, cross_validation_folds=folds))

    result = trained.result
    metrics, baseline = result.metrics, result.baselines["last_value"]
    assert {"mae", "rmse", "r2", "directional_accuracy", "mape", "smape", "close_mae", "close_rmse", "sharpe_ratio"} <= metrics.keys()
    assert 0.5 < metrics["interval_coverage"] <= 1
    assert metrics["interval_level"] == 0.9
    # Three epochs make nobody rich; but nothing may be far off what the last close says.
    assert metrics["close_rmse"] < 1.5 * baseline["close_rmse"]
    assert metrics["pinball_loss"] > 0
    assert set(result.feature_importance) >= {*FEATURES, "log_return_1", "day_of_week"}
    assert sum(result.feature_importance.values()) == pytest.approx(1)
    assert result.run_card["parity"]["score_difference"] < 1e-6
    manifest = orjson.loads(workshop.artifacts.get(trained.artifact.sha256))
    assert (manifest["sequence_length"], manifest["forecast"]["horizon"], manifest["given_features"]) == (12, 3, 2)
    assert {"feature-importance.png", "shap-summary.png", "equity.png", "report.html"} <= set(manifest["plots"])
    assert any("Epoch 3 of 3" in message for message in workshop.messages)


# How a fit goes on is the same for all kinds.
@pytest.mark.parametrize("kind", ["TFT", *(pytest.param(kind, marks=pytest.mark.soak) for kind in ("NHITS", "DEEPAR"))])
def test_the_same_request_gives_the_same_forecasts_also_when_it_was_interrupted(workshop: Workshop, kind: str) -> None:
    less = {"symbols": ["AAPL"], "start_date": "2011-01-01", "cross_validation_folds": 0}
    request = spec(kind, hyperparameters={"max_epochs": 2}, **less)
    whole = workshop.train(request)
    checkpoints = MemoryCheckpoints(dies_after_fits=1)

    with pytest.raises(InterruptionError):
        workshop.train(request, checkpoints=checkpoints)
    checkpoints.dies_after_fits = None
    resumed = workshop.train(request, checkpoints=checkpoints)

    assert resumed.artifact == whole.artifact
    assert any(message.startswith("Goes on after epoch 1") for message in workshop.messages)


def forecasting() -> Any:
    """Import what forecasts: with its library it takes some 5 s of a core, and most workers of a test session run none of these stories."""
    return import_module("services.training.learners.forecasting")


def fitted(kind: Any, sample: Sample, *, codes: tuple[float, ...] = ()) -> Any:
    settings = SMALL | {
        "num_layers": 1, "dropout": 0.1, "attention_head_size": 2, "batch_size": 64, "early_stopping_patience": None, "weight_decay": 0.0,
        "gradient_clip": 1.0, "random_state": 1, "interval_level": 0.8, "max_epochs": 2, "validation_fraction": 0.2,
    }  # fmt: skip
    columns = columns_for(FEATURES, timeframe="1d", codes=codes)
    learner = forecasting().ForecastLearner(kind=kind, hyperparameters=settings, columns=columns, horizon=3)
    return learner.fit(sample, watched=None, on_epoch=no_report)


def no_report(_: Epoch) -> None: ...


@pytest.fixture(scope="module")
def sample(market: Market) -> Sample:
    candles = market.candles("AAPL", "1d")
    bars = compute_features(candles, columns_for(FEATURES, timeframe="1d").names)
    last = np.arange(100, 800)
    return Sample(Windows(bars, last, 12), candles.close[last + 3] / candles.close[last] - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_quantiles_are_in_order_and_the_median_is_the_forecast(sample: Sample, kind: str) -> None:
    model = fitted(kind, sample)

    quantiles = model.quantiles(sample.rows[:100])

    assert quantiles.shape == (100, 3, 5)
    assert (np.diff(quantiles, axis=2) >= 0).all()
    assert np.expm1(quantiles[:, -1, 2]) == pytest.approx(model.scores(sample.rows[:100])[:, 0], abs=1e-6)
    assert model.levels == (0.1, 0.25, 0.5, 0.75, 0.9)


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_after_a_window_does_not_change_its_forecast(sample: Sample, kind: str) -> None:
    model, rows = fitted(kind, sample), sample.rows[np.array([0])]
    before = model.quantiles(rows)

    rows.bars[int(rows.last[0]) + 1 :] += 1e3
    after = model.quantiles(rows)
    rows.bars[int(rows.last[0]) + 1 :] -= 1e3

    assert (after == before).all()


def test_paths_are_the_returns_to_each_bar_of_the_horizon(sample: Sample) -> None:
    paths = forecasting().paths_ahead(sample.rows, horizon=3, own=columns_for(FEATURES, timeframe="1d").own)

    assert np.expm1(paths[:, -1]) == pytest.approx(sample.targets)


def test_a_symbol_that_was_not_trained_on_is_forecast_as_any_symbol(sample: Sample, market: Market) -> None:
    names = columns_for(FEATURES, timeframe="1d", codes=(1.0,)).names
    bars = compute_features(market.candles("AAPL", "1d"), names)
    model = fitted("TFT", Sample(Windows(bars, sample.rows.last, 12), sample.targets), codes=(symbol_code("AAPL"), symbol_code("MSFT")))
    windows = Windows(bars, sample.rows.last[:20], 12).values()

    def said_of(code: float) -> Any:
        windows[:, :, names.index("symbol")] = code
        return model.evaluate(windows)[0]

    assert (said_of(symbol_code("IBM")) == said_of(symbol_code("GOOG"))).all()
    assert (said_of(symbol_code("IBM")) == said_of(0.0)).all()
    assert (said_of(symbol_code("AAPL")) != said_of(symbol_code("IBM"))).any()


def test_several_workers_are_for_networks_alone(workshop: Workshop) -> None:
    request = spec("NHITS", num_workers=2).model_copy(
        update={"algorithm": "RIDGE", "model_type": ModelType.REGRESSION, "target_variable": "forward_return", "hyperparameters": {}}
    )

    with pytest.raises(TrainingRefusedError) as refused:
        workshop.train(request)

    assert refused.value.details == {
        "training_config.num_workers": [
            "RIDGE is trained by one worker: must be 1; algorithms that several can train: LSTM, GRU, TRANSFORMER, ENSEMBLE, TFT, NHITS, DEEPAR."
        ]
    }
