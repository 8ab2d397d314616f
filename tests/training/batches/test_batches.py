"""What the job kind `predict_batch` runs, on shipped candles: a file that says what serving would."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.batches import FILE, PredictBatchResult, PredictBatchSpec
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.candles import Market
from libs.quant.features import compute_features
from services.training.batches.run import run
from services.training.importance.served import load_served
from services.training.learners.progress import Progress
from services.training.learners.train import train
from tests.training.learners.conftest import MemoryCheckpoints

FEATURES = ("price_ma_20_ratio", "rsi_14", "day_of_week")
MARKET = Market(None, synthetic_allowed=False)


def trained(artifacts: Artifacts, algorithm: str, target: str, **config: Any) -> str:
    spec = TrainingSpec(
        model_type=ModelType.REGRESSION if algorithm == "RIDGE" else ModelType.CLASSIFICATION,
        algorithm=algorithm,
        target_variable=target,
        features=FEATURES,
        hyperparameters={},
        training_config={"symbols": ["AAPL"], "start_date": "2008-01-01", "cross_validation_folds": 0, "horizon": 1} | config,
    )
    made = train(
        spec,
        job_id="job_1",
        version="1.0",
        model_name="Batch",
        artifacts=artifacts,
        market=MARKET,
        report=lambda _: None,
        checkpoints=MemoryCheckpoints(),
        pictures=False,
    )
    return made.artifact.sha256


def batch(artifacts: Artifacts, artifact: str, told: list[Progress], **changes: Any) -> tuple[PredictBatchResult, Any]:
    body = {"model_id": "model_1", "version": "1.0", "artifact": artifact, "dataset_id": "packaged_AAPL_1d", "symbols": ["AAPL"]}
    spec = PredictBatchSpec.model_validate(body | {"timeframe": "1d", "features": FEATURES, "candles_most": 5000} | changes)
    result = run(spec, artifacts=artifacts, market=MARKET, report=told.append)
    return result, pq.read_table(io.BytesIO(artifacts.get(result.files[FILE].sha256)))


def test_prices_are_written_with_their_intervals_and_what_was_learned_from_is_marked(tmp_path: Path) -> None:
    artifacts, told = Artifacts(str(tmp_path)), list[Progress]()
    artifact = trained(artifacts, "RIDGE", "price_close_next_day", abstain_when={"quality_below": 0.05})

    result, table = batch(artifacts, artifact, told)
    again, _ = batch(artifacts, artifact, [])

    rows, candles = table.to_pydict(), MARKET.candles("AAPL", "1d")
    assert again == result
    assert table.num_rows == result.rows == len(candles) - result.left_out
    assert tuple(table.column_names) == result.columns == tuple(rows)
    assert result.interval_method == "split_conformal"
    assert 0 < result.abstained == sum(rows["abstained"]) < result.rows / 2
    assert (result.in_sample or 0) == sum(rows["in_sample"])
    assert 0 < sum(rows["in_sample"]) < result.rows
    assert [value is None for value in rows["value"]] == rows["abstained"] == [each is None for each in rows["lower"]]
    later = [place for place, seen in enumerate(rows["in_sample"]) if not seen and rows["value"][place] is not None and place > 2500]
    came = candles.close[result.left_out :]
    inside = [rows["lower"][at] <= came[at + 1] <= rows["upper"][at] for at in later if at + 1 < len(came)]
    assert 0.8 < np.mean(inside) < 0.98
    assert (told[0].stage, told[-1].stage) == ("loading data", "predicting")
    assert told[-1].step < told[-1].total_steps
    version, place = load_served(artifact, artifacts=artifacts), later[0]
    bar = place + result.left_out
    change = version.scores(compute_features(candles, FEATURES)[bar : bar + 1])[0, 0]
    assert rows["value"][place] == pytest.approx(candles.close[bar] * (1 + change), rel=1e-6)
    assert table.schema.metadata[b"modelbourse.target"] == b"price_close_next_day"


def test_classes_are_written_with_their_probabilities_and_sets(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))
    artifact = trained(artifacts, "LOGISTIC_REGRESSION", "direction_next_day")

    result, table = batch(artifacts, artifact, [])

    rows = table.to_pydict()
    both = np.array([rows["probability_BUY"], rows["probability_SELL"]])
    assert both.sum(axis=0) == pytest.approx(1.0)
    assert [("BUY", "SELL")[place] for place in both.argmax(axis=0)] == rows["class"]
    assert {name for each in rows["prediction_set"] for name in each} == {"BUY", "SELL"}
    assert (result.abstained, result.interval_method, set(result.reasons)) == (0, None, {"interval_method"})
    with pytest.raises(InvalidError, match="no longer there"):
        batch(artifacts, "0" * 64, [])
