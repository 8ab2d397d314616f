"""Public candles of crypto exchanges, through the library ccxt (the extra `ccxt`); no key is needed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from libs.contracts.names import did_you_mean
from libs.contracts.own_candles import SECONDS
from libs.market.live.answers import bar_of, retry_after
from libs.market.live.source import Bar, Page, SourceAwayError, SourceRefusedError
from libs.market.sessions import INTRADAY

MILLISECOND: Final = 10**6
# Its answers are looked at beside what it makes of them.
OPTIONS: Final = {"enableRateLimit": True, "timeout": 20_000, "enableLastJsonResponse": True, "enableLastResponseHeaders": True}
PAGE_MOST: Final = 1000
ADDRESS: Final = re.compile(r"https?://[^/]+")
NOT_INSTALLED: Final = "Candles of crypto exchanges need the library ccxt: install the extra `ccxt` where Ray's workers run."


def make_ccxt(name: str, *, base_url: str | None, environ: Mapping[str, str]) -> "CcxtSource":  # noqa: ARG001 - public candles need no key
    """Return the source of an exchange by ccxt's name for it. Raise `SourceRefusedError`."""
    try:
        import ccxt  # type: ignore[import-untyped] # noqa: PLC0415 - an extra, and half a second of imports
    except ImportError as error:
        raise SourceRefusedError(NOT_INSTALLED) from error
    if name not in ccxt.exchanges:
        message = f"ccxt knows no exchange '{name[:60]}'.{did_you_mean(name[:60], ccxt.exchanges)}"
        raise SourceRefusedError(message)
    exchange = getattr(ccxt, name)(OPTIONS)
    if base_url is not None:
        exchange.urls["api"] = _moved(exchange.urls["api"], to=base_url.rstrip("/"))
    return CcxtSource(exchange)


class CcxtSource:
    """Implements the port Source on one exchange."""

    calendar = "24/7"

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self._ahead_ns = 0
        known = exchange.timeframes or {}
        self.timeframes = tuple(each for each in (*INTRADAY, "1d") if each in known)

    def now(self) -> int:
        """Return the exchange's time. Raise `SourceAwayError`."""
        if self._exchange.has.get("fetchTime"):
            return int(self._asked(self._exchange.fetch_time)) * MILLISECOND
        # Its answers carry its time, to the second.
        self._asked(self._exchange.load_markets)
        said = (self._exchange.last_response_headers or {}).get("Date")
        return int(self._exchange.rfc2616_time(said) if said else self._exchange.milliseconds()) * MILLISECOND

    def page(self, market: str, timeframe: str, *, since: int, until: int) -> Page:
        """Return bars from `since` on. Raise as the port says."""
        length = SECONDS[timeframe] * 10**9
        most = min(PAGE_MOST, -(-(until - since) // length))
        rows = self._asked(self._rows, market, timeframe, since // MILLISECOND, most)
        bars = tuple(bar for bar in rows if since <= bar.opened < until)
        # Of a stretch without a bar some exchanges answer nothing, and would be asked the same for ever.
        following = max((bar.opened for bar in bars), default=since + (most - 1) * length) + length
        return Page(bars, following if following < until else None)

    def _rows(self, market: str, timeframe: str, since_ms: int, most: int) -> tuple[Bar, ...]:
        self._exchange.load_markets()  # Once; whatever is answered is no answer to what follows.
        if not self._exchange.markets:
            message = f"{self._exchange.id} told no market"
            raise SourceAwayError(message)
        self._exchange.last_json_response = None
        answer = self._exchange.fetch_ohlcv(market, timeframe, since=since_ms, limit=most)
        if self._exchange.last_json_response is None:
            # To ccxt an answer that is cut off is text, of which it makes no candle and no error.
            message = f"{self._exchange.id} gave an answer that is cut off"
            raise SourceAwayError(message)
        return tuple(_bars(answer))

    def _asked(self, ask: Any, *given: Any) -> Any:
        """Return what the exchange answers, its troubles in the port's words."""
        import ccxt  # noqa: PLC0415 - as above

        name = self._exchange.id
        self._exchange.last_response_headers = None  # Of an answer from before nothing is to be taken for this one's.
        try:
            return ask(*given)
        except ccxt.BadSymbol as error:
            markets = list(self._exchange.markets or ())
            message = f"{name} has no market '{given[0]}'.{did_you_mean(str(given[0]), markets)}"
            raise SourceRefusedError(message) from error
        except (ccxt.RateLimitExceeded, ccxt.DDoSProtection) as error:
            message = f"{name} asks for fewer requests"
            raise SourceAwayError(message, wait_s=retry_after(self._exchange.last_response_headers or {})) from error
        except ccxt.NetworkError as error:
            message = f"{name} is not reached, or fails ({type(error).__name__})"
            raise SourceAwayError(message, wait_s=retry_after(self._exchange.last_response_headers or {})) from error
        except (ccxt.NotSupported, ccxt.AuthenticationError, ccxt.BadRequest) as error:
            message = f"{name} refuses: {_short(error)}"
            raise SourceRefusedError(message) from error
        except (ccxt.BaseError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            message = f"{name} fails, or gave an answer that cannot be read ({type(error).__name__})"
            raise SourceAwayError(message) from error


def _bars(answer: Any) -> Iterator[Bar]:
    for row in answer:
        opened, *values = row
        yield bar_of(int(opened) * MILLISECOND, values[:5])


def _moved(urls: Any, *, to: str) -> Any:
    """Return addresses with another host; ccxt keeps them in a tree."""
    if isinstance(urls, dict):
        return {name: _moved(url, to=to) for name, url in urls.items()}
    return ADDRESS.sub(to, urls, count=1) if isinstance(urls, str) else urls


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
