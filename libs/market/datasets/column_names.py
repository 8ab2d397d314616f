"""What files call their columns, and what they are called here. Pure Python: the edge checks a request's `columns` with it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.datasets import DatasetKind
from libs.contracts.names import LONGEST, did_you_mean

_PRICES: Final[Mapping[str, tuple[str, ...]]] = {
    "open": ("open", "o", "openprice", "opening", "first", "firstprice", "eroffnung", "eroffnungskurs", "ouverture", "apertura"),
    "high": ("high", "h", "hi", "highprice", "max", "hoch", "tageshoch", "haut", "plushaut", "maximo"),
    "low": ("low", "l", "lo", "lowprice", "min", "tief", "tagestief", "bas", "plusbas", "minimo"),
    "close": (
        "close",
        "c",
        "closeprice",
        "closelast",
        "last",
        "lastprice",
        "price",
        "schluss",
        "schlusskurs",
        "cloture",
        "cierre",
        "dernier",
    ),
    "volume": ("volume", "v", "vol", "totalvolume", "tickvolume", "tickvol", "volumen", "basevolume", "qty", "quantity"),
}
# The likeliest first: where there are several, one that has a clock and a zone goes before a mere date.
_TIMES: Final = (
    "opentime", "opentimestamp", "openat", "candleopentime", "starttime", "start", "begin", "begins", "bartime", "windowstart", "datetime",
    "datetimeutc", "timestamp", "timestamputc", "ts", "timeutc", "gmttime", "unix", "unixtime", "unixtimestamp", "epoch", "epochms",
    "epochseconds", "time", "localtime", "date", "dateutc", "dt", "day", "tradedate", "tradingday", "datum", "t", "period", "index",
    "indexlevel0", "publishedat", "published", "createdat", "pubdate",
)  # fmt: skip
SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "time": _TIMES,
    **_PRICES,
    "symbol": ("symbol", "ticker", "instrument", "pair", "tic", "ric", "code", "asset", "security"),
    "text": ("text", "headline", "title", "sentence", "content", "body", "message", "tweet", "article", "review", "news", "document"),
    "label": ("label", "target", "y", "class", "sentiment", "category", "tag", "rating", "labels"),
}
ROLES: Final[Mapping[DatasetKind, tuple[str, ...]]] = {
    DatasetKind.CANDLES: ("time", *_PRICES, "symbol"),
    DatasetKind.TEXT: ("text", "label", "time", "symbol"),
    DatasetKind.TABLE: ("time",),
}
NEEDED: Final[Mapping[DatasetKind, tuple[str, ...]]] = {
    DatasetKind.CANDLES: ("time", *_PRICES),
    DatasetKind.TEXT: ("text", "label"),
    DatasetKind.TABLE: (),
}
KNOWN_AT: Final = "__known_at"
"""How the column is called that says from when another one's values were known."""
# Of a candle it says nothing that its open does not, and it is no feature.
LEFT_OUT: Final = frozenset({"closetime", "closetimestamp", "closeat", "endtime", "ignore"})
# Names that the file itself needs.
RESERVED: Final = frozenset({"segment"})
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


def plain(name: str) -> str:
    """Return a name without case, accents and separators: `Open Time` is opentime."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]", "", letters)


def snake(name: str) -> str:
    """Return a column's name as a feature's: `Adj Close` is adj_close; empty for a name without letters and digits."""
    letters = re.sub(r"[^a-z0-9_]+", "_", unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()).strip("_")
    return (letters if letters[:1].isalpha() or not letters else f"x_{letters}")[:LONGEST]


def check_columns(columns: Mapping[str, str], *, kind: DatasetKind) -> None:
    """Raise `InvalidError` of the field columns, with the nearest name, where a name is none that such a dataset knows."""
    if kind is DatasetKind.TABLE:
        wrong = [name for name in columns if not _NAME.fullmatch(name)]
        allowed = "a name of small letters, digits and _ that begins with a letter"
    else:
        wrong = [name for name in columns if name not in ROLES[kind]]
        allowed = f"one of {', '.join(ROLES[kind])}"
    if wrong:
        near = did_you_mean(wrong[0], ROLES[kind])
        message = f"columns says what the file calls a column, by what it is called here: {wrong[0][:LONGEST]!r} is not {allowed}.{near}"
        raise InvalidError(message, details={"columns": [message]})


def role_of(name: str, *, kind: DatasetKind, header: Sequence[str]) -> str | None:
    """Return the column of the header that plays this role by its name; None where there is none."""
    by_plain: dict[str, str] = {}
    for column in header:
        by_plain.setdefault(plain(column), column)
    known = next((by_plain[synonym] for synonym in SYNONYMS[name] if synonym in by_plain), None)
    if known is None and name == "volume" and kind is DatasetKind.CANDLES:
        # `Volume BTC` beside `Volume USDT`: the first counts what is traded.
        known = next((column for column in header if plain(column).startswith("volume")), None)
    return known
