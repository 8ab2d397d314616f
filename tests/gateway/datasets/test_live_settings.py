"""What operators say of a live series: read with care, and due shortly after candles close."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from services.gateway.domain.datasets.live_series import LiveSeries
from tests.gateway.datasets.feed import series


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"every": "hourly"}, "'hourly' is no period: it is a number of m, h or d, such as 15m, 1h or 1d"),
        ({"market": "ACME corporation", "symbol": ""}, "cannot be a symbol"),
        ({"calendar": "XNYX"}, "There is no calendar 'XNYX'. Did you mean 'XNYS'?"),
        ({"timeframe": "2h"}, "Input should be '1m'"),
        ({"since": "yesterday"}, "since"),
        ({"sorce": "ccxt:kraken"}, "sorce"),
        ({"base_url": "ftp://exchange"}, "base_url"),
        ({"revise_bars": 0}, "revise_bars"),
    ],
)
def test_a_series_that_makes_no_sense_is_refused_by_name(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(sentence)):
        LiveSeries.model_validate(series("ACME") | said)


def test_a_series_is_named_after_its_market_and_due_shortly_after_its_candles_close() -> None:
    made = LiveSeries.model_validate(
        {"source": "ccxt:kraken", "market": "btc/usd", "timeframe": "1h", "since": "2026-01-01", "every": "4h"}
    )

    due = made.due_after(datetime(2026, 1, 5, 9, 30, tzinfo=UTC))

    assert (made.id, made.period) == ("live_BTC-USD_1h", timedelta(hours=4))
    assert due == datetime(2026, 1, 5, 12, 0, 10, tzinfo=UTC)
    assert made.due_after(due) == due + timedelta(hours=4)
