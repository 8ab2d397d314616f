"""Examples of what is asked about signals that were made."""

from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_analyses import AT, REASONING, SIGNAL
from libs.contracts.example_story import ACCOUNT, BEGIN
from libs.contracts.signals import (
    ClearStorage,
    FeedbackTaken,
    GiveFeedback,
    KeptAnalyses,
    KeptAnalysis,
    OriginScores,
    ReadAnalyses,
    ReadPerformance,
    ReadStorage,
    ReliabilityBin,
    SignalPerformance,
    Storage,
    StorageCleared,
    SymbolSkipped,
    SymbolStored,
)

SIGNALS: Final[tuple[Message, ...]] = (
    GiveFeedback(
        signal_id=SIGNAL,
        caller=ACCOUNT,
        account_id=ACCOUNT,
        symbol="BTCUSDT",
        predicted_signal="Long",
        actual_outcome="PROFIT",
        profit_loss=50.0,
        confidence_was_accurate=True,
        feedback_notes="Left at the first target.",
        timestamp=AT,
    ),
    FeedbackTaken(signal_id=SIGNAL, known=True, repeated=False, taken_at=BEGIN),
    ReadPerformance(scope=ACCOUNT, account_id=ACCOUNT, days=30),
    SignalPerformance(
        predictions=10,
        hits=4,
        misses=2,
        neutral=1,
        waiting=2,
        unscored=1,
        feedback=1,
        accuracy=4 / 6,
        accuracy_interval=(0.3, 0.9032),
        precision=0.625,
        recall=0.625,
        f1=0.6190,
        average_confidence=0.61,
        brier_score=0.2284,
        calibration_error=0.0567,
        calibration=(ReliabilityBin(low=0.6, high=0.7, signals=6, mean_confidence=0.61, hit_rate=4 / 6),),
        unscored_reasons={"there are no candles of ADAUSDT of 1h or less": 1},
        by_origin=(
            OriginScores(
                origin="platform",
                predictions=10,
                hits=4,
                misses=2,
                neutral=1,
                waiting=2,
                unscored=1,
                accuracy=4 / 6,
                accuracy_interval=(0.3, 0.9032),
                average_confidence=0.61,
                brier_score=0.2284,
                calibration_error=0.0567,
            ),
        ),
        uptime=0.9986,
        uptime_since=BEGIN,
        computed_at=BEGIN,
    ),
    ReadAnalyses(scope="platform", days=30, limit=20),
    KeptAnalyses(
        total=1,
        analyses=(
            KeptAnalysis(
                signal_id=SIGNAL, symbol="BTCUSDT", signal="Long", confidence=0.61, reasoning=REASONING, made_at=BEGIN, model="technical"
            ),
        ),
    ),
    ReadStorage(scope="platform"),
    Storage(
        total=1,
        symbols=(SymbolStored(symbol="BTCUSDT", analyses=1, latest_at=BEGIN),),
        symbols_counted=1,
        skipped=(SymbolSkipped(symbol="ADAUSDT", reason="there are no candles for it", at=BEGIN),),
        interval_s=300.0,
    ),
    ClearStorage(by=ACCOUNT),
    StorageCleared(cleared=1),
)
