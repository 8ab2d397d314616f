"""Real answers of a running platform, shortened and with ids and times of their own, as examples in the OpenAPI document."""

from typing import Any, Final

from modelbourse.answers.answer import AT, MODEL_ID

__all__ = ["ALGORITHM", "AT", "BATCH_PREDICTIONS", "EXPLANATIONS", "FEATURE", "IMPORTANCE", "MODEL_ID", "PREDICTIONS", "SYMBOL"]

IMPORTANCE: Final[dict[str, Any]] = {
    "feature_importance": {
        "bollinger_position": {
            "importance": 0.2421,
            "rank": 1,
            "description": "Position of the close between the lower (0) and upper (1) Bollinger band (20, 2)",
        },
        "rsi_14": {"importance": 0.2308, "rank": 2, "description": "14-period Relative Strength Index"},
    },
    "importance_plot_url": f"/api/ai-studio/models/{MODEL_ID}/plots/feature-importance.png",
    "shap_summary_plot_url": f"/api/ai-studio/models/{MODEL_ID}/plots/shap-summary.png",
    "model_version": "1.0",
    "measured": {"method": "mean |SHAP value| of the predicted output, out of sample", "scale": "probability", "rows": 794},
    "synthetic": False,
    "reasons": {},
}
# Not shortened: base value and contributions add up to the output.
PREDICTIONS: Final[dict[str, Any]] = {
    "predictions": [
        {
            "symbol": "AAPL",
            "prediction": "SELL",
            "confidence": 0.5455933213233948,
            "feature_contributions": {
                "rsi_14": 0.026847857655462878,
                "macd_signal": 0.04199681610971609,
                "bollinger_position": 0.09992158292197356,
                "volume_ma_ratio": 0.0183449186033105,
                "price_ma_50_ratio": 0.05004483511648666,
            },
            "probabilities": {"BUY": 0.3007313907146454, "HOLD": 0.15367528796195984, "SELL": 0.5455933213233948},
            "value": None,
            "base_value": 0.3084373050530281,
            "scale": "probability",
            "additivity_error": 5.863416974172253e-09,
            "as_of": "2013-03-01T21:00:00.000Z",
            "synthetic": False,
        }
    ],
    "model_version": "1.0",
    "prediction_timestamp": AT,
}
ALGORITHM: Final[dict[str, Any]] = {
    "name": "RANDOM_FOREST",
    "description": "Averaged trees on bootstrap samples (scikit-learn).",
    "model_types": ["CLASSIFICATION", "REGRESSION"],
    "target_variables": ["signal_type", "forward_return"],
    "hyperparameters": {
        "n_estimators": {
            "type": "integer",
            "default": 100,
            "allowed": "must be a positive integer between 1 and 2000",
            "description": "Number of trees (boosting rounds).",
        },
        "criterion": {
            "type": "string",
            "default": "gini",
            "allowed": "must be one of 'gini', 'entropy' or 'log_loss'",
            "description": "Impurity that splits reduce; regression always uses the squared error.",
        },
    },
}
FEATURE: Final[dict[str, Any]] = {
    "name": "rsi_14",
    "family": "rsi",
    "group": "oscillator",
    "description": "14-period Relative Strength Index",
    "unit": "0 to 100",
    "warmup_bars": 14,
    "spellings": ["rsi_{window}"],
    "parameters": [{"name": "window", "default": 14, "minimum": 2, "maximum": 500, "meaning": "bars looked at"}],
}
SYMBOL: Final[dict[str, Any]] = {
    "symbol": "AAPL",
    "name": "Apple Inc.",
    "asset_class": "EQUITY",
    "timeframes": ["1d"],
    "start_date": "2000-03-01",
    "end_date": "2013-03-01",
    "source": "bokeh-sampledata 2026.1 (Quandl WIKI, public domain)",
    "note": "Adjusted here for splits and dividends by the source's adjusted close. A survivor: it is here because it became large, "
    "so whatever buys it looks better than it would have beforehand.",
    "default_costs": {"commission": 0.0005, "slippage": 0.0002, "borrow_rate": 0.005},
}
EXPLANATIONS: Final[dict[str, Any]] = {
    "explanations": [
        {
            "symbol": "AAPL",
            "timestamp": "2012-12-14T21:00:00.000Z",
            "prediction": "BUY",
            "base_value": 0.34,
            "shap_values": PREDICTIONS["predictions"][0]["feature_contributions"],
            "expected_value": 0.34,
            "prediction_value": 0.45,
            "scale": "probability",
            "additivity_error": 2.1e-08,
            "synthetic": False,
            "in_sample": False,
        }
    ],
    "feature_importance_global": {
        "rsi_14": 0.3846,
        "macd_signal": 0.3077,
        "bollinger_position": 0.2308,
        "volume_ma_ratio": 0.0,
        "price_ma_50_ratio": 0.0769,
    },
    "model_version": "1.0",
    "prediction_timestamp": AT,
    "count": 1,
    "skipped": [{"symbol": "AAPL", "count": 2, "reason": "There is no candle on the day."}],
    "reasons": {},
}
BATCH_PREDICTIONS: Final[dict[str, Any]] = {
    "predictions": [
        {
            "symbol": "AAPL",
            "date": "2012-12-14",
            "prediction": "BUY",
            "confidence": 0.45,
            "probabilities": {"BUY": 0.45, "HOLD": 0.3, "SELL": 0.25},
            "value": None,
            "feature_contributions": PREDICTIONS["predictions"][0]["feature_contributions"],
            "base_value": 0.34,
            "scale": "probability",
            "additivity_error": 2.1e-08,
            "as_of": "2012-12-14T21:00:00.000Z",
            "synthetic": False,
            "in_sample": False,
        }
    ],
    "model_version": "1.0",
    "prediction_timestamp": AT,
    "count": 1,
    "skipped": [{"symbol": "AAPL", "count": 2, "reason": "There is no candle on the day."}],
}
