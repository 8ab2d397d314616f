"""Examples of predictions: of rows, and of a range of candles."""

from datetime import UTC, date, datetime
from typing import Final

from libs.contracts.candles import CandlePart, ReadCandles
from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, BEGIN, MODEL, SHA
from libs.contracts.inference import CandlePrediction, Predict, Prediction, Predictions, PredictRange, RangePredictions, Skipped
from libs.contracts.outcomes import Came, Outcomes, ReadOutcomes
from libs.contracts.text_predictions import ExplainTexts, PredictTexts, TextAttribution, TextPrediction, TextPredictions, TextSpan

FEATURES: Final = ("rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio")
# Not shortened: base value and contributions add up to the output.
PREDICTION: Final = Prediction(
    symbol="AAPL",
    prediction="BUY",
    confidence=0.40427881479263306,
    feature_contributions={
        "rsi_14": 0.01969778376207866,
        "macd_signal": 0.06614262493522882,
        "bollinger_position": -0.03320121090427976,
        "volume_ma_ratio": -0.011037774330574013,
        "price_ma_50_ratio": 0.0029924268843863444,
    },
    probabilities={"BUY": 0.40427881479263306, "HOLD": 0.23873861134052277, "SELL": 0.356982558965683},
    value=None,
    base_value=0.3596849656893389,
    scale="probability",
    additivity_error=1.2435458773829566e-09,
    as_of=None,
    synthetic=False,
    quality=0.31,
    model_age_days=1.0,
)
CANDLE_PREDICTION: Final = CandlePrediction(
    as_of=datetime(2012, 12, 31, 21, tzinfo=UTC),
    day=date(2012, 12, 31),
    prediction="BUY",
    confidence=0.47,
    probabilities={"BUY": 0.47, "HOLD": 0.29, "SELL": 0.24},
    value=None,
    output=0.47,
    contributions=(0.03, 0.05, 0.02, -0.01, 0.05),
    base_value=0.33,
    additivity_error=0.0,
    in_sample=False,
    quality=0.31,
)
PREDICTED: Final = Predictions(predictions=(PREDICTION,), model_version="1.0", prediction_timestamp=BEGIN)
RANGE: Final = RangePredictions(
    features=FEATURES,
    scale="probability",
    synthetic=False,
    predictions=(CANDLE_PREDICTION,),
    skipped=(Skipped(reason="There is no candle on the day.", count=2),),
    next_after=None,
    data_as_of=datetime(2013, 3, 1, 21, tzinfo=UTC),
    age_bars=3238,
    stale=True,
)
CANDLES: Final = CandlePart(
    opened=(1356964200000,),
    closed=(1356987600000,),
    open=(510.53,),
    high=(535.4,),
    low=(509.0,),
    close=(532.17,),
    volume=(23553300.0,),
    adjustment="splits and dividends",
    synthetic=False,
    first=datetime(2000, 3, 1, 14, 30, tzinfo=UTC),
    last=datetime(2013, 3, 1, 21, tzinfo=UTC),
    before=datetime(2012, 12, 28, 21, tzinfo=UTC),
    after=datetime(2013, 1, 2, 21, tzinfo=UTC),
)
LABELLED: Final = TextPredictions(
    predictions=(
        TextPrediction(
            label="positive",
            probability=0.9,
            score=0.85,
            probabilities={"negative": 0.05, "neutral": 0.05, "positive": 0.9},
            tokens=5,
            truncated=False,
            attribution=TextAttribution(
                label="positive",
                base_value=0.35,
                spans=(
                    TextSpan(start=0, end=6, text="Profit", contribution=0.1),
                    TextSpan(start=7, end=13, text="surges", contribution=0.45),
                ),
                additivity_error=0.0,
                standard_error=None,
                evaluations=3,
            ),
        ),
    ),
    labels=("negative", "neutral", "positive"),
    version="1.0",
    backbone="all-minilm-l6-v2",
    made_at=BEGIN,
)
PREDICTIONS: Final[tuple[Message, ...]] = (
    Predict(
        model_id=MODEL,
        account_id=ACCOUNT,
        version="1.0",
        artifact=SHA,
        symbols=("AAPL",),
        rows=((65.2, 0.025, 0.8, 1.25, 1.03),),
        timeframe="1d",
    ),
    PREDICTED,
    PredictRange(
        model_id=MODEL,
        account_id=ACCOUNT,
        version="1.0",
        artifact=SHA,
        symbol="AAPL",
        timeframe="1d",
        start=date(2012, 12, 29),
        end=date(2012, 12, 31),
        last=30,
        explain=True,
    ),
    RANGE,
    PredictTexts(model_id=MODEL, account_id=ACCOUNT, version="1.0", artifact=SHA, texts=("Profit surges",)),
    ExplainTexts(model_id=MODEL, account_id=ACCOUNT, version="1.0", artifact=SHA, texts=("Profit surges",)),
    LABELLED,
    ReadOutcomes(
        artifact=SHA,
        symbol="AAPL",
        timeframe="1d",
        target="price_close_next_day",
        horizon=1,
        moments=(datetime(2012, 12, 28, 21, tzinfo=UTC),),
    ),
    ReadCandles(symbol="AAPL", timeframe="1d", start=datetime(2012, 12, 31, tzinfo=UTC), most=1),
    CANDLES,
    Outcomes(outcomes=(Came(value=532.17, known_at=datetime(2012, 12, 31, 21, tzinfo=UTC)),)),
)
