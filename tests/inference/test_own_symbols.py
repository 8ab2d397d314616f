"""Predictions of symbols of one's own: by the candles that the asker's reference names, computed as training computes them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import time_ns
from typing import Any

import numpy as np
import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.inference import PredictRange
from libs.contracts.outcomes import ReadOutcomes
from libs.contracts.own_candles import OwnCandles
from libs.contracts.training import ModelType, TrainingSpec
from libs.contracts.training_config import CheckedConfig
from libs.market.candles import Market
from libs.market.sessions import bars_between
from services.inference.domain.ports import Wanted
from services.inference.outbound.features_market import FeaturesMarket
from services.training.learners.series import load_candles, with_features
from services.training.learners.train import Trained, train
from tests.inference.conftest import NoCheckpoints, Story
from tests.market.own import Rows, put

NAMES = ("rsi_14", "sentiment_score", "sentiment_score_lag_2")


def scored(bars: int) -> Rows:
    """Rows whose further column has holes, and values that are known only later."""
    random = np.random.default_rng(1)
    values = np.where(random.random(3000) < 0.2, np.nan, random.normal(size=3000))[:bars]
    late = Rows(bars=bars).arrays()["time"] + random.integers(0, 3, 3000)[:bars] * 3_600 * 10**9
    return Rows(bars=bars, columns={"sentiment_score": values}, known_at={"sentiment_score": late})


def trained_on(
    own: Sequence[OwnCandles], *, artifacts: Artifacts, timeframe: str, target: str = "forward_return", **config: Any
) -> Trained:
    spec = TrainingSpec(
        model_type=ModelType.REGRESSION,
        algorithm="RIDGE",
        target_variable=target,
        features=NAMES,
        hyperparameters={},
        training_config={"symbols": ["ACME"], "timeframe": timeframe, "cross_validation_folds": 0} | config,
        own=tuple(own),
    )
    market = Market(None, synthetic_allowed=False, artifacts=artifacts, own=spec.own)
    return train(
        spec, job_id="job_1", version="1.0", model_name="Own", artifacts=artifacts, market=market, report=lambda _: None,
        checkpoints=NoCheckpoints(), pictures=False,
    )  # fmt: skip


@pytest.mark.parametrize("timeframe", ["1h", "4h", "1d"])
async def test_what_serves_is_what_was_learned_from_to_the_last_bit(tmp_path: Path, timeframe: str) -> None:
    artifacts = Artifacts(str(tmp_path))
    own = put(artifacts, scored(1500))
    market = Market(tmp_path / "lake", synthetic_allowed=False, artifacts=artifacts, own=(own,))
    candles, first = load_candles("ACME", config=CheckedConfig(symbols=("ACME",), timeframe=timeframe), market=market)  # type: ignore[arg-type]
    learned = with_features(candles, first=first, names=NAMES)

    served = await FeaturesMarket(tmp_path / "another_lake", artifacts).table(Wanted("ACME", timeframe, NAMES, False, own))

    np.testing.assert_array_equal(served.values, learned.features)
    np.testing.assert_array_equal(served.time, learned.candles.time)
    assert np.isfinite(served.values[-1]).all()


async def test_a_prediction_follows_the_version_that_the_asker_names_and_keeps_the_others(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    first, second = put(artifacts, scored(1400)), put(artifacts, scored(1500), version=2)
    model = trained_on([first], artifacts=artifacts, timeframe="4h").artifact.sha256
    ask: dict[str, Any] = {"artifact": model, "symbols": ("ACME",), "rows": (None,), "timeframe": "4h"}

    async with story.service():
        told = [(await story.predict(**ask, own=(own,))) for own in (first, second, first)]
        with pytest.raises(AskRefusedError, match="details"):
            await story.predict(**ask)

    assert [each.as_of for each in told] == [datetime(2024, 2, 28, 8, tzinfo=UTC), datetime(2024, 3, 3, 12, tzinfo=UTC), told[0].as_of]
    assert told[0].prediction == told[2].prediction != told[1].prediction


async def test_a_range_of_an_own_symbol_marks_the_candles_that_were_trained_on(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    own = put(artifacts, scored(1400))
    model = trained_on([own], artifacts=artifacts, timeframe="1h").artifact.sha256

    async with story.service():
        page = await story.gateway.ask(
            PredictRange(
                model_id="model_1", account_id="account_1", version="1.0", artifact=model, symbol="ACME", timeframe="1h", start=None,
                end=None, last=200, explain=True, own=own,
            ),
            within=60,
        )  # fmt: skip

    assert len(page.predictions) == 200
    assert page.features == NAMES
    assert page.predictions[-1].in_sample is False
    assert not page.synthetic


async def test_the_age_of_own_candles_is_counted_by_their_calendar(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    shares = put(artifacts, Rows(calendar="XNYS", bars=1400, columns={"sentiment_score": np.arange(1400.0)}))
    model = trained_on([shares], artifacts=artifacts, timeframe="1h").artifact.sha256

    async with story.service():
        told = await story.predict(artifact=model, symbols=("ACME",), rows=(None,), timeframe="1h", own=(shares,))

    assert told.as_of is not None
    since = int(told.as_of.timestamp()) * 10**9
    assert told.age_bars is not None
    # A bar may have closed since it answered.
    assert bars_between("XNYS", "1h", after=since, until=time_ns()) - told.age_bars in {0, 1}
    assert told.stale


async def test_a_day_of_hourly_candles_of_a_share_is_its_next_session_in_training_and_in_what_came(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    shares = put(artifacts, Rows(calendar="XNYS", bars=1400, columns={"sentiment_score": np.random.default_rng(4).normal(size=1400)}))
    trained = trained_on([shares], artifacts=artifacts, timeframe="1h", target="price_close_next_day", horizon_in="sessions")
    candles = Market(None, synthetic_allowed=False, artifacts=artifacts, own=(shares,)).candles("ACME", "1h")
    friday, last = datetime(2024, 3, 1, 16, 30, tzinfo=UTC), datetime.fromtimestamp(int(candles.time[-1]) / 1e9, UTC)
    ask = ReadOutcomes(
        artifact=trained.artifact.sha256,
        symbol="ACME",
        timeframe="1h",
        target="price_close_next_day",
        horizon=7,
        horizon_in="sessions",
        moments=(friday, last),
        own=shares,
    )

    async with story.service(), story.gateway.running():
        monday, later = (await story.gateway.ask(ask, within=60)).outcomes

    # Seven hourly candles are a session, of which the last has half an hour.
    assert trained.result.run_card["horizon"] == 7
    assert monday.known_at == datetime(2024, 3, 4, 16, 30, tzinfo=UTC)
    assert monday.value == candles.close[int(np.searchsorted(candles.time, int(monday.known_at.timestamp()) * 10**9))]
    assert (later.value, later.final) == (None, False)


async def test_a_column_of_ones_own_is_predicted_in_its_own_unit_as_it_will_be_known(story: Story) -> None:
    artifacts = Artifacts(story.store.url)
    random = np.random.default_rng(6)
    moods = np.cumsum(random.normal(size=1400)) / 10  # it stays near what it was
    late = Rows(bars=1400).arrays()["time"] + 3_600 * 10**9  # each value is known an hour later
    own = put(artifacts, Rows(bars=1400, columns={"sentiment_score": moods}, known_at={"sentiment_score": late}))
    trained = trained_on([own], artifacts=artifacts, timeframe="1h", target="sentiment_score_next_3_hours", horizon=3)
    candles = Market(None, synthetic_allowed=False, artifacts=artifacts, own=(own,)).candles("ACME", "1h")
    at = datetime.fromtimestamp(int(candles.time[700]) / 1e9, UTC)
    ask = ReadOutcomes(
        artifact=trained.artifact.sha256, symbol="ACME", timeframe="1h", target="sentiment_score_next_3_hours", horizon=3, moments=(at,), own=own
    )  # fmt: skip

    async with story.service(), story.gateway.running():
        told = await story.predict(artifact=trained.artifact.sha256, symbols=("ACME",), rows=(None,), timeframe="1h", own=(own,))
        (came,) = (await story.gateway.ask(ask, within=60)).outcomes

    result = trained.result
    assert came.value == candles.columns["sentiment_score"][703] == moods[702]
    assert told.value == pytest.approx(moods[-2], abs=1.0)
    assert told.base_value + sum(told.feature_contributions.values()) == pytest.approx(told.value, abs=1e-6)
    assert result.metrics["r2"] is not None
    assert result.baselines["last_value"]["rmse"] < result.baselines["mean_return"]["rmse"]
    assert result.backtest["total_trades"] == 0
