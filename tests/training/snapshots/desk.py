"""Trains versions on candles that a test may change, and takes snapshots of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.datasets import DatasetKind
from libs.contracts.model_monitoring import MarketSubject, MonitorSpec, SnapshotResult
from libs.contracts.own_candles import OwnCandles
from libs.contracts.training import ModelType, TrainingResult, TrainingSpec
from libs.market.candles import Market
from libs.market.datasets.canonical import CANDLE_COLUMNS, Facts, write
from libs.quant.candles import Candles
from services.training.learners.progress import Progress
from services.training.learners.train import train
from services.training.snapshots.run import run
from tests.training.learners.conftest import MemoryCheckpoints

FEATURES = ("price_ma_10_ratio", "rsi_14", "volume_ma_ratio", "day_of_week")
NOW = datetime(2013, 3, 5, tzinfo=UTC)
SINCE = datetime(2011, 1, 1, tzinfo=UTC)


@dataclass
class Desk:
    """Versions, and snapshots of them."""

    artifacts: Artifacts
    folder: Path
    told: list[Progress] = field(default_factory=list)

    def own(self, change: Callable[[Candles], Candles] = lambda candles: candles) -> Market:
        """Return a market with `OURS`: Apple's candles, as they were changed."""
        candles = change(Market(None, synthetic_allowed=False).candles("AAPL", "1d"))
        roles = (("time", "time", "time"), *((name, name, "number") for name in CANDLE_COLUMNS[1:-1]), ("segment", "value", "integer"))
        facts = Facts(
            kind=DatasetKind.CANDLES,
            columns=roles,
            symbol="OURS",
            timeframe="1d",
            calendar="XNYS",
            bars_per_year=candles.bars_per_year,
        )
        file = self.folder / "candles.parquet"
        write(file, facts=facts, rows=len(candles), part=lambda low, high: {name: getattr(candles, name)[low:high] for name, _, _ in roles})
        own = OwnCandles(
            dataset_id="dataset_1",
            version=1,
            symbol="OURS",
            timeframe="1d",
            sha256=self.artifacts.put_file(file).sha256,
            calendar="XNYS",
            start=date(1984, 9, 7),
            end=date(2013, 3, 1),
        )
        return Market(None, synthetic_allowed=False, artifacts=self.artifacts, own=(own,))

    def version(self, algorithm: str, *, market: Market) -> MonitorSpec:
        """Return what a snapshot of a version is asked that has learned until the end of 2010."""
        kind = ModelType.REGRESSION if algorithm == "RIDGE" else ModelType.CLASSIFICATION
        spec = TrainingSpec(
            model_type=kind,
            algorithm=algorithm,
            target_variable="return_next_5_days" if algorithm == "RIDGE" else "direction_next_5_days",
            features=FEATURES,
            hyperparameters={} if algorithm == "RIDGE" else {"n_estimators": 10, "max_depth": 3},
            training_config={"symbols": ["OURS"], "start_date": "2004-01-01", "end_date": "2010-12-31", "cross_validation_folds": 0},
        )
        trained = train(
            spec,
            job_id="job_1",
            version="1.0",
            model_name="Watched",
            artifacts=self.artifacts,
            market=market,
            report=lambda _: None,
            checkpoints=MemoryCheckpoints(),
            pictures=False,
        )
        return asked(trained.artifact.sha256, spec, trained.result)

    def look(self, spec: MonitorSpec, *, market: Market, pictures: bool = False, **changes: Any) -> SnapshotResult:
        """Return a snapshot."""
        whole = MonitorSpec.model_validate({**spec.model_dump(), **changes})
        return run(whole, artifacts=self.artifacts, market=market, report=self.told.append, clock=lambda: NOW, pictures=pictures)


def asked(artifact: str, spec: TrainingSpec, result: TrainingResult) -> MonitorSpec:
    card = result.run_card
    subject = MarketSubject.model_validate(
        {"training": spec, "test_start": card["test_opens"], "test_end": card["test_closes"], "learned_until": card["learned_until"]}
    )
    return MonitorSpec(
        snapshot_id="snapshot_1",
        model_id="model_1",
        version="1.0",
        artifact=artifact,
        subject=subject,
        importance=result.feature_importance,
    )


def louder(candles: Candles) -> Candles:
    """Return candles whose volume, from 2011 on, is twenty times as large every second day."""
    later = np.arange(len(candles)) % 2 * (candles.time >= int(SINCE.timestamp()) * 10**9)
    return replace(candles, volume=candles.volume * np.where(later > 0, 20.0, 1.0))
