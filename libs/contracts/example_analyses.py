"""Examples of signals: what is asked of the analysts, what they answer, and how it is told."""

from typing import Any, Final

from libs.contracts.analyses import (
    Analysis,
    Analyze,
    ConditionJudged,
    JudgeCondition,
    MarketAnalysis,
    MarketCondition,
    ModelView,
    PredictTrend,
    ReadTracking,
    Recommendations,
    RecommendStrategies,
    RiskAssessment,
    SignalGenerated,
    StrategyContext,
    Suitability,
    Tracking,
    TrendPredicted,
)
from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, MODEL, event
from libs.contracts.sent_candles import AROUND_THE_CLOCK, CandleColumns, DayVolume, MarketData

AT: Final = int(BEGIN.timestamp() * 1000)
SIGNAL: Final = "signal_01ke6x4r2df3m6p9r4v7x2z5cn"
FEW: Final = "it needs 50 candles, there are 49"
MARKET: Final = MarketData(
    symbol="BTCUSDT",
    timeframe_data={"1h": CandleColumns.of([(AT - 3_600_000, 67400.0, 67550.0, 67350.0, 67500.5, 1250.5)])},
    current_price=67500.5,
    volume_24h=50_000_000_000.0,
    timestamp=AT,
    hours=AROUND_THE_CLOCK,
)
CONDITION: Final = MarketCondition(
    condition_type="Trending Up",
    confidence=0.62,
    characteristics=("Strong uptrend", "High momentum upward"),
    recommended_strategies=("MACD Strategy", "Volume Strategy"),
    market_phase="Breakout",
)
SCORES: Final[dict[str, float | None]] = {
    "Trend": 1.0,
    "RSI Strategy": 0.41,
    "MACD Strategy": 0.88,
    "Volume Strategy": 0.71,
    "Bollinger Bands Strategy": 0.32,
    "Stochastic Strategy": 0.35,
}
REASONING: Final = (
    "Long by the rules of the technical analyst on 1h: all together say +0.44 of -1 to 1; ADX 14 of 1h is 34.1, a trend; RSI 14 is 61.7; "
    "MACD is above its signal (212.4 and 167.9)."
)
INDICATORS: Final[dict[str, float | None]] = {
    "sma_20": 66980.2, "sma_50": None, "ema_9": 67301.1, "ema_12": 67240.8, "ema_21": 67055.3, "ema_26": 66960.9, "ema_50": None,
    "rsi_14": 61.7, "stoch_k": 83.2, "stoch_d": 80.9, "macd": 212.4, "macd_signal": 167.9, "macd_histogram": 44.5, "bb_upper": 67702.6,
    "bb_middle": 66980.2, "bb_lower": 66257.8, "atr_14": 310.4, "volume_sma_20": 980.1, "volume_ratio": 1.28, "adx_14": 34.1,
}  # fmt: skip
VERDICT: Final[dict[str, Any]] = {
    "signal": "Long",
    "confidence": 0.59,
    "reasoning": REASONING,
    "strategy_scores": SCORES,
}
ANALYSIS: Final = Analysis(
    **VERDICT,
    market_analysis=MarketAnalysis(
        trend_direction="Bullish",
        trend_strength=0.68,
        support_levels=(67110.0, 66720.5),
        resistance_levels=(67980.0,),
        volatility_level="Medium",
        volume_analysis="Usual volume on 1h: 1.28 times its mean of 20 candles, on a rising candle, confirming the uptrend",
    ),
    risk_assessment=RiskAssessment(
        overall_risk="Medium",
        technical_risk=0.42,
        market_risk=0.55,
        recommended_position_size=1.0,
        stop_loss_suggestion=66879.7,
        take_profit_suggestion=68431.7,
    ),
    signal_id=SIGNAL,
    symbol="BTCUSDT",
    price=67500.5,
    timeframe="1h",
    analyst="technical",
    llm_absent="no LLM is configured",
    condition=CONDITION,
    indicators={"1h": INDICATORS},
    reasons={"indicators.1h.sma_50": FEW, "indicators.1h.ema_50": FEW},
    warnings={"timeframe_data.1h": ("the candle of 1768489200000 is not closed yet, and left out",)},
    volume_24h=DayVolume(value=50_000_000_000.0, unit="quote", ratio=1.2),
    made_at=BEGIN,
    timestamp=AT,
)
ANALYSES: Final[tuple[Message, ...]] = (
    Analyze(
        symbol="BTCUSDT",
        account_id=ACCOUNT,
        tier="pro",
        market=MARKET,
        context=StrategyContext(selected_strategies=("RSI Strategy", "MACD Strategy"), risk_level="Moderate"),
    ),
    ANALYSIS,
    RecommendStrategies(symbol="BTCUSDT", market=MARKET, available_strategies=("MACD Strategy",)),
    Recommendations(
        strategies=(
            Suitability(
                strategy_name="MACD Strategy",
                suitability_score=0.71,
                reasoning="MACD Strategy follows trends, and ADX 14 of 1h is 34.1, a trend; its own word is long (+0.76).",
                recommended_config={
                    "enabled": True,
                    "weight": 0.71,
                    "strategy_name": "macd",
                    "parameters": {"fast_period": 12, "slow_period": 26, "signal_period": 9},
                },
            ),
        )
    ),
    JudgeCondition(symbol="BTCUSDT", market=MARKET),
    ConditionJudged(
        condition=CONDITION,
        reasons={"volume_24h.ratio": "it needs 3 whole days with a volume before the last 24 hours"},
        volume_24h=DayVolume(value=50_000_000_000.0, unit="quote", ratio=None),
    ),
    PredictTrend(symbol="BTC-USD", account_id=ACCOUNT, timeframe="15m", candles=100),
    TrendPredicted(
        symbol="BTC-USD",
        trend="BULLISH",
        confidence=0.61,
        prediction_horizon="24h",
        source="model",
        model_view=ModelView(model_id=MODEL, version="1.0", prediction="BUY", confidence=0.61),
        candles=4000,
        as_of=BEGIN,
        age_bars=0,
        stale=False,
        synthetic=False,
        data_source="BTC-USD: live_01ke6wz3h8e4fvk2m9q7xr5t1n, version 12 (sha256 6b1f0e0f0d6a)",
    ),
    ReadTracking(),
    Tracking(symbols=("BTCUSDT", "ETHUSDT"), every_s=300.0),
    SignalGenerated(
        **event("01ke6x4r2df3m6p9r4v7x2z5cn", 1, 0),
        signal_id=SIGNAL,
        symbol="BTCUSDT",
        account_id=None,
        requested_by=ACCOUNT,
        signal="Long",
        confidence=0.59,
        reasoning=REASONING,
        strategy_scores=SCORES,
        model_type="technical",
        timeframe="1h",
        price=67500.5,
        timestamp=AT,
    ),
)
