"""A server on this machine that speaks Binance's public REST protocol and that of Alpaca's market data; it fails when it is told to."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MINUTE = 60 * 10**9
KEY = {"APCA-API-KEY-ID": "a key", "APCA-API-SECRET-KEY": "a secret"}
BINANCE_PAGE = 1000
FAULTS = ("429", "500", "cut off")
Row = tuple[float, float, float, float, float]


@dataclass
class Exchange:
    """What the exchange has, its clock, and what goes wrong: `faults` are what the next requests for candles get instead of an answer."""

    bars: dict[int, Row] = field(default_factory=dict)
    length: int = 60 * MINUTE
    now: int = 0
    faults: deque[str] = field(default_factory=deque)
    hidden: set[int] = field(default_factory=set)
    twice: set[int] = field(default_factory=set)
    retry_after: str | None = "2"
    page_most: int = 10_000
    requests: list[str] = field(default_factory=list)
    keys_seen: set[str | None] = field(default_factory=set)
    url: str = ""

    def between(self, since: int, until: int, *, most: int) -> list[int]:
        """Return when the bars opened that the exchange would show: those that have begun, whether they are over or not."""
        shown = [at for at in sorted(self.bars) if since <= at < until and at <= self.now and at not in self.hidden][:most]
        return [at for each in shown for at in ((each, each) if each in self.twice else (each,))]


@contextmanager
def served(exchange: Exchange) -> Iterator[Exchange]:
    """Answer for the exchange at `exchange.url`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            exchange.requests.append(address.path)
            wants_candles = address.path.endswith(("/klines", "/bars"))
            if wants_candles and exchange.faults:
                self._fail(exchange.faults.popleft(), answer=_answer(exchange, address.path, query, self.headers))
                return
            self._send(200, json.dumps(_answer(exchange, address.path, query, self.headers)).encode())

        def _fail(self, fault: str, *, answer: Any) -> None:
            if fault == "cut off":
                whole = json.dumps(answer).encode()
                self._send(200, whole[: len(whole) // 2])
            else:
                retry = {"Retry-After": exchange.retry_after} if fault == "429" and exchange.retry_after else {}
                self._send(int(fault), b'{"code": -1, "message": "no"}', **retry)

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response_only(status)
            self.send_header("Date", formatdate(exchange.now / 10**9, usegmt=True))
            self.send_header("X-RateLimit-Remaining", "199")
            for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    exchange.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield exchange
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(exchange: Exchange, path: str, query: dict[str, str], headers: Any) -> Any:
    match path:
        case "/api/v3/time":
            return {"serverTime": exchange.now // 10**6}
        case "/api/v3/exchangeInfo":
            return {"timezone": "UTC", "serverTime": exchange.now // 10**6, "symbols": [MARKET]}
        case "/fapi/v1/exchangeInfo" | "/dapi/v1/exchangeInfo":
            return {"timezone": "UTC", "serverTime": exchange.now // 10**6, "symbols": []}
        case "/api/v3/klines":
            return [_kline(exchange, at) for at in _asked_of_binance(exchange, query)]
        case "/v2/stocks/bars" | "/v1beta3/crypto/us/bars":
            exchange.keys_seen.add(headers.get("APCA-API-KEY-ID"))
            shown = _asked_of_alpaca(exchange, query)
            return {"bars": {query["symbols"]: [_bar(exchange, at) for at in shown]} if shown else {}, "next_page_token": None}
    raise AssertionError(path)


def _asked_of_binance(exchange: Exchange, query: dict[str, str]) -> list[int]:
    most = min(int(query.get("limit", 500)), BINANCE_PAGE)
    return exchange.between(int(query["startTime"]) * 10**6, exchange.now + 1, most=most)


def _asked_of_alpaca(exchange: Exchange, query: dict[str, str]) -> list[int]:
    since, until = (int(datetime.fromisoformat(query[name]).timestamp() * 10**6) * 1000 for name in ("start", "end"))
    return exchange.between(since, until + 1, most=min(int(query["limit"]), exchange.page_most))


def _kline(exchange: Exchange, at: int) -> list[Any]:
    opened, high, low, close, volume = (f"{value:.8f}" for value in exchange.bars[at])
    ended = (at + exchange.length) // 10**6 - 1
    return [at // 10**6, opened, high, low, close, volume, ended, "0", 7, "0", "0", "0"]


def _bar(exchange: Exchange, at: int) -> dict[str, Any]:
    opened, high, low, close, volume = exchange.bars[at]
    moment = datetime.fromtimestamp(at // 10**9, UTC).isoformat().replace("+00:00", "Z")
    return {"t": moment, "o": opened, "h": high, "l": low, "c": close, "v": volume, "n": 7, "vw": close}


MARKET = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "baseAssetPrecision": 8,
    "quoteAsset": "USDT",
    "quotePrecision": 8,
    "quoteAssetPrecision": 8,
    "baseCommissionPrecision": 8,
    "quoteCommissionPrecision": 8,
    "orderTypes": ["LIMIT", "MARKET"],
    "icebergAllowed": True,
    "ocoAllowed": True,
    "isSpotTradingAllowed": True,
    "isMarginTradingAllowed": False,
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
    ],
    "permissions": ["SPOT"],
    "permissionSets": [["SPOT"]],
}
