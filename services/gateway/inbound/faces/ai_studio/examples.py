"""Real answers of a running platform, shortened and with ids and times of their own, as examples in the OpenAPI document."""

from typing import Any, Final

from services.gateway.inbound.faces.ai_studio.wire import EXAMPLE_MODEL

MODEL_ID: Final = "model_01kab8m5v8ezfvzcr0s2k2h7qd"
JOB_ID: Final = "job_01kab8m7j3fm0rrc5q9y2w6n4t"
AT: Final = "2026-01-15T15:30:00.000Z"
CREATED: Final[dict[str, Any]] = {
    "id": MODEL_ID,
    "name": EXAMPLE_MODEL["name"],
    "status": "DRAFT",
    "created_at": AT,
    "message": "Model created successfully. Ready for training.",
}
METRICS: Final[dict[str, Any]] = {"accuracy": 0.4106, "precision": 0.4083, "recall": 0.4094, "f1_score": 0.4082, "sharpe_ratio": 0.2368}
MODEL_ROW: Final[dict[str, Any]] = {
    "id": MODEL_ID,
    "name": EXAMPLE_MODEL["name"],
    "description": EXAMPLE_MODEL["description"],
    "model_type": "CLASSIFICATION",
    "algorithm": "RANDOM_FOREST",
    "status": "COMPLETED",
    "is_published": False,
    "performance_metrics": METRICS,
    "total_earnings": "0.00",
    "version": "1.0",
    "created_at": AT,
    "updated_at": AT,
    "reasons": {},
}
MODEL: Final[dict[str, Any]] = MODEL_ROW | {
    "target_variable": "signal_type",
    "features": EXAMPLE_MODEL["features"],
    "hyperparameters": EXAMPLE_MODEL["hyperparameters"],
    "training_config": EXAMPLE_MODEL["training_config"] | {"timeframe": "1d", "horizon": 5, "window": "common"},
    "performance_metrics": METRICS | {"roc_auc": 0.5734, "max_drawdown": 0.1649, "total_return": 0.0411},
    "backtest_results": {
        "total_trades": 242,
        "winning_trades": 119,
        "losing_trades": 123,
        "win_rate": 0.4917,
        "avg_win": 0.0188,
        "avg_loss": -0.017,
        "profit_factor": 1.073,
    },
    "feature_importance": {
        "rsi_14": 0.2308,
        "macd_signal": 0.1586,
        "bollinger_position": 0.2421,
        "volume_ma_ratio": 0.201,
        "price_ma_50_ratio": 0.1675,
    },
    "total_downloads": 0,
    "active_job_id": None,
    "versions": [{"version": "1.0", "job_id": JOB_ID, "created_at": AT, "performance_metrics": METRICS}],
    "baselines": {
        "majority_class": {"class": "BUY", "accuracy": 0.3741, "f1_score": 0.1815},
        "buy_and_hold": {"sharpe_ratio": 0.9673, "max_drawdown": 0.2214, "total_return": 0.3644},
    },
    "sharpe_interval": {
        "low": -1.684,
        "high": 1.8055,
        "level": 0.95,
        "method": "stationary bootstrap (Politis and Romano 1994), studentised (Ledoit and Wolf 2008)",
        "samples": 1000,
        "mean_block": 7.3803,
        "bars": 402,
    },
    "equity_curve": [["2011-05-26", 1.0], ["2011-05-27", 0.9938]],
    "run_card": {
        "data_source": "bokeh-sampledata 2026.1 (Quandl WIKI, public domain)",
        "data_hash": "6399be841b9b0f77eb23ba50542ba4b8bd583f9ee5c52a9de9abc90fcca8dd95",
        "adjustment": "splits and dividends",
        "synthetic": False,
        "rows": 4000,
        "train_rows": 3206,
        "test_rows": 794,
        "test_opens": "2011-05-26T00:00:00Z",
        "test_closes": "2012-12-31T00:00:00Z",
        "equity_curve": {"bars": 402, "points": 402, "thinned": False},
        "seed": 42,
        "window": "common",
        "warnings": [],
        "learned_until": "2011-05-18T20:00:00Z",
    },
    "learned_until": "2011-05-18T20:00:00.000Z",
    "data_source": "bokeh-sampledata 2026.1 (Quandl WIKI, public domain)",
    "synthetic": False,
}
JOB_ROW: Final[dict[str, Any]] = {
    "id": JOB_ID,
    "model_id": MODEL_ID,
    "job_name": "AAPL and MSFT momentum training v1.0",
    "status": "COMPLETED",
    "priority": "NORMAL",
    "model_version": "1.0",
    "progress": 100,
    "created_at": AT,
    "started_at": AT,
    "completed_at": AT,
    "compute_hours": 0.002662,
    "training_metrics": {"final_accuracy": 0.8147, "final_loss": 0.7877, "epochs": 100, "best_epoch": 100},
    "validation_metrics": {"accuracy": 0.3615, "precision": 0.3582, "recall": 0.3594},
    "reasons": {"estimated_completion": "The job has ended."},
}
JOB: Final[dict[str, Any]] = JOB_ROW | {
    "stage": "completed",
    "current_epoch": 100,
    "total_epochs": 100,
    "best_epoch": 100,
    "current_metrics": {"accuracy": 0.4106, "loss": 1.086},
    "estimated_completion": None,
    "estimated_cost": "0.05",
    "cost": "0.01",
    "refund_amount": "0.04",
    "attempts": 1,
    "error": None,
    "cancel_requested_at": None,
    "logs": [
        {"timestamp": AT, "level": "INFO", "message": "Tree 100 of 100: training loss 0.7877, accuracy 0.815"},
        {"timestamp": AT, "level": "INFO", "message": "Done"},
    ],
}
CANCELLED: Final[dict[str, Any]] = {
    "message": "Training job cancelled successfully",
    "refund_amount": "0.04",
    "job_id": JOB_ID,
    "status": "CANCELLED",
}
