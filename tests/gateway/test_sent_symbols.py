"""What the symbols of requests mean: when each is traded, and which are slips."""

import pytest

from libs.chassis.errors import InvalidError
from libs.market.own import NOTHING
from services.gateway.domain.signals.sent_symbols import meant


@pytest.mark.parametrize("symbol", ["BTCUSDT", "SOLETH", "PEPEUSDC", "EURUSDT", "BTC-USD", "LTC-USD", "BTCEUR", "ADABUSD", "ETHTUSD"])
def test_coins_never_close(symbol: str) -> None:
    assert meant(symbol, NOTHING).hours == "24/7"


@pytest.mark.parametrize(
    "symbol",
    [
        "EURUSD",
        "AUDUSD",
        "GBPJPY",
        "USDJPY",
        "USDCHF",
        "EURCAD",
        "AUD-USD",
        "XAUUSD",
        "XAU-USD",
        "XPTUSD",
        "THBUSD",
        "US30USD",
        "AAPL",
        "SPX",
    ],
)
def test_the_hours_of_currencies_metals_shares_and_indices_are_not_known(symbol: str) -> None:
    assert meant(symbol, NOTHING).hours is None


@pytest.mark.parametrize(("slip", "near"), [("BTCUSTD", "BTCUSDT"), ("EURUDS", "EURUSD"), ("btcusdt", "BTCUSDT")])
def test_a_slip_is_no_pair(slip: str, near: str) -> None:
    with pytest.raises(InvalidError, match=f"Did you mean '{near}'"):
        meant(slip, NOTHING)
