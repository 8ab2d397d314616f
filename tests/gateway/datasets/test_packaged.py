"""What is said of candles that come with the platform is what they are."""

from datetime import UTC, datetime

import pytest

from libs.market.real import load
from libs.market.sessions import opens_of
from services.gateway.domain.datasets.packaged import PACKAGED, Packaged


@pytest.mark.parametrize("packaged", PACKAGED.values(), ids=PACKAGED)
def test_their_number_and_their_first_and_last_moment_are_told(packaged: Packaged) -> None:
    closes = load(packaged.instrument.symbol, timeframe=packaged.timeframe).time

    first = int(opens_of(packaged.calendar, packaged.timeframe, closes=closes)[0])

    moments = tuple(datetime.fromtimestamp(at // 10**9, UTC) for at in (first, int(closes[-1])))
    assert packaged.extent == (len(closes), *moments)
