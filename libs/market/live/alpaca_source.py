"""Candles of US equities and of crypto from the broker Alpaca, through the library alpaca-py (the extra `alpaca`).

Equities need keys: ALPACA_KEY_ID and ALPACA_SECRET_KEY. Prices are as they were traded: a split is a jump, and is found as one.
"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from libs.contracts.names import did_you_mean
from libs.market.live.answers import bar_of, retry_after, server_time
from libs.market.live.source import Bar, Page, SourceAwayError, SourceRefusedError

FEEDS: Final = ("iex", "sip", "crypto")
KEY: Final = "ALPACA_KEY_ID"
SECRET: Final = "ALPACA_SECRET_KEY"  # noqa: S105 - where it is, not what
NEW_YORK: Final = ZoneInfo("America/New_York")
# Sessions begin at half past nine: an hour of Alpaca's begins before, and is made of half hours here.
OF_EQUITIES: Final = ("1m", "5m", "15m", "30m", "1d")
OF_CRYPTO: Final = ("1m", "5m", "15m", "30m", "1h", "4h", "1d")
PAGE_MOST: Final = 10_000
TOO_MANY: Final = 429
REFUSALS: Final = range(400, 500)
# Of a minute's requests (200 with a free key) so many are left to others; near there, requests are so far apart.
LEFT: Final = 20
PAUSE_S: Final = 0.4
NOT_INSTALLED: Final = "Candles of Alpaca need the library alpaca-py: install the extra `alpaca` where Ray's workers run."


def make_alpaca(name: str, *, base_url: str | None, environ: Mapping[str, str]) -> "AlpacaSource":
    """Return the source of a feed: `iex` (equities, a free key), `sip` (all of their exchanges) or `crypto`. Raise `SourceRefusedError`."""
    try:
        from alpaca.data.historical import CryptoHistoricalDataClient, StockHistoricalDataClient  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SourceRefusedError(NOT_INSTALLED) from error
    if name not in FEEDS:
        message = f"Alpaca has no feed '{name[:60]}'; there are {', '.join(FEEDS)}.{did_you_mean(name[:60], FEEDS)}"
        raise SourceRefusedError(message)
    keys = environ.get(KEY) or None, environ.get(SECRET) or None
    if name != "crypto" and not all(keys):
        message = f"Alpaca's equities need {KEY} and {SECRET} in the environment of Ray's workers."
        raise SourceRefusedError(message)
    client = CryptoHistoricalDataClient if name == "crypto" else StockHistoricalDataClient
    return AlpacaSource(client(*keys, raw_data=True, url_override=base_url), feed=name)


class AlpacaSource:
    """Implements the port Source on one of Alpaca's feeds."""

    def __init__(self, client: Any, *, feed: str) -> None:
        self._client, self._feed = client, feed
        self.calendar = "24/7" if feed == "crypto" else "XNYS"
        self.timeframes = OF_CRYPTO if feed == "crypto" else OF_EQUITIES
        self._heard: int | None = None
        self._asked_at, self._requests_left = 0.0, LEFT
        # The library would wait by itself, and not for as long as it is told to; and it does not show what time the broker has.
        client._retry = 0  # noqa: SLF001 - it takes 0 for "as usual"
        client._session.hooks["response"].append(self._hear)  # noqa: SLF001 - as said above

    def now(self) -> int:
        """Return the broker's time as its last answer told it; this machine's before the first."""
        return self._heard or time.time_ns()

    def page(self, market: str, timeframe: str, *, since: int, until: int) -> Page:
        """Return bars from `since` on. Raise as the port says."""
        rows = self._asked(market, timeframe, since, until)
        bars = tuple(bar for bar in rows if since <= bar.opened < until)
        # It passes over stretches without a bar by itself: a page that is not full is the last.
        return Page(bars, bars[-1].opened + 1 if len(rows) >= PAGE_MOST and bars and bars[-1].opened + 1 < until else None)

    def _asked(self, market: str, timeframe: str, since: int, until: int) -> tuple[Bar, ...]:
        """Return what the broker answers, its troubles in the port's words."""
        from alpaca.common.exceptions import APIError  # noqa: PLC0415 - an extra
        from requests.exceptions import RequestException  # noqa: PLC0415 - it comes with the library

        if self._requests_left < LEFT:
            time.sleep(max(0.0, self._asked_at + PAUSE_S - time.monotonic()))
        self._asked_at = time.monotonic()
        try:
            return tuple(self._bars(self._request(market, timeframe, since, until), market, timeframe))
        except APIError as error:
            raise _trouble(error) from error
        except RequestException as error:
            message = f"Alpaca is not reached, or its answer is cut off ({type(error).__name__})"
            raise SourceAwayError(message) from error
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            message = f"Alpaca gave an answer that cannot be read ({type(error).__name__})"
            raise SourceAwayError(message) from error

    def _request(self, market: str, timeframe: str, since: int, until: int) -> Any:
        from alpaca.data.enums import Adjustment, DataFeed  # noqa: PLC0415 - an extra
        from alpaca.data.requests import CryptoBarsRequest, StockBarsRequest  # noqa: PLC0415 - an extra
        from alpaca.data.timeframe import TimeFrame, TimeFrameUnit  # noqa: PLC0415 - an extra

        unit = {"m": TimeFrameUnit.Minute, "h": TimeFrameUnit.Hour, "d": TimeFrameUnit.Day}[timeframe[-1]]
        said: dict[str, Any] = {
            "symbol_or_symbols": market,
            "timeframe": TimeFrame(int(timeframe[:-1]), unit),
            "start": datetime.fromtimestamp(since / 10**9, UTC),
            # Its end is a part of what it asks for.
            "end": datetime.fromtimestamp((until - 10**6) / 10**9, UTC),
            "limit": PAGE_MOST,
        }
        if self._feed == "crypto":
            return self._client.get_crypto_bars(CryptoBarsRequest(**said))
        return self._client.get_stock_bars(StockBarsRequest(**said, feed=DataFeed(self._feed), adjustment=Adjustment.RAW))

    def _bars(self, answer: Any, market: str, timeframe: str) -> Iterator[Bar]:
        for row in answer.get(market) or ():
            moment = datetime.fromisoformat(row["t"])
            opened = int(moment.timestamp()) * 10**9
            if timeframe == "1d" and self._feed != "crypto":
                opened = _midnight(moment.astimezone(NEW_YORK).date())
            yield bar_of(opened, [row[name] for name in ("o", "h", "l", "c", "v")])

    def _hear(self, response: Any, *_: Any, **__: Any) -> None:
        self._heard = server_time(response.headers) or self._heard
        left = response.headers.get("X-Ratelimit-Remaining", "")
        self._requests_left = int(left) if left.isdigit() else 0


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp()) * 10**9


def _trouble(error: Any) -> SourceAwayError | SourceRefusedError:
    status, response = error.status_code, error.response
    wait_s = retry_after(response.headers) if response is not None else None
    if status == TOO_MANY:
        return SourceAwayError("Alpaca asks for fewer requests", wait_s=wait_s)
    if status in REFUSALS:
        return SourceRefusedError(f"Alpaca refuses ({status}): {' '.join(str(error).split())[:200]}")
    return SourceAwayError(f"Alpaca fails ({status})", wait_s=wait_s)
