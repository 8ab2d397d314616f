"""Listings' records as examples in the OpenAPI document."""

from typing import Any, Final

from services.gateway.inbound.faces.ai_studio.examples import AT

RECORD: Final[dict[str, Any]] = {
    "sharpe_ratio": 0.2456,
    "max_drawdown": 0.164,
    "total_return": 0.0435,
    "win_rate": 0.4917,
    "total_trades": 242,
    "start_date": "2011-05-19",
    "end_date": "2012-12-31",
    "trades": 242,
    "bars": 408,
    "bars_per_year": 251.6,
    "absent_days": 0,
    "skewness": -0.2114,
    "kurtosis": 5.4031,
    "sharpe_interval": {
        "low": -1.2871,
        "high": 1.7462,
        "level": 0.95,
        "method": "stationary bootstrap (Politis and Romano 1994), percentiles",
        "samples": 1000,
        "mean_block": 7.4169,
    },
    "baselines": {"buy_and_hold": {"sharpe_ratio": 0.9673, "max_drawdown": 0.2135, "total_return": 0.3204, "volatility": 0.2146}},
    "synthetic": False,
    "measured_at": AT,
    "reasons": {},
}
TRIED: Final[dict[str, Any]] = RECORD | {"deflated_sharpe_ratio": 0.0164, "trials": 80, "trials_variance": 0.6182}
NO_CANDLE: Final = "There is no candle yet that is newer than the listing."
LIVE: Final[dict[str, Any]] = RECORD | dict.fromkeys(name for name in RECORD if name not in {"synthetic", "measured_at", "reasons"})
LIVE["reasons"] = dict.fromkeys([name for name, value in LIVE.items() if value is None], NO_CANDLE)
DAY: Final[dict[str, Any]] = {
    "date": "2011-05-19",
    "return": -0.0061538462,
    "position": 0.5,
    "absent": False,
    "hash": "0d0c0a7c3a6f0a5ef6f1f5f1cf0a3a3c5b3b9d1f3f6a1f8e4f0c2b7e9d5a6c41",
    "previous": "c6c3a9e1d27b5f08496a1e7d3b2f5c80917e4d6a8b3c2f1e0d9a7b6c5e4f3a21",
    "restated": None,
}
END: Final[dict[str, Any]] = {"days": 408, "last_day": "2012-12-31", "hash": DAY["hash"], "restated_days": 0}
RECORD_PAGE: Final[dict[str, Any]] = {"count": 1, "next": None, "previous": None, "results": [DAY]}
