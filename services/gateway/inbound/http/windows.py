"""Windows of time as requests have them, `start` and `end`, each a day (UTC) or a moment; and trades that were open in one."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request

from libs.chassis.errors import InvalidError
from services.gateway.domain.dates import in_utc, is_date
from services.gateway.domain.trade_filter import TradeFilter
from services.gateway.inbound.http.queries import CANNOT_FILTER, as_word, query

# Nothing lies before or after these.
EARLIEST, LATEST = datetime(1700, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
TRADE_FILTERS: Final = [
    query("symbol", "Only trades of this symbol, which is one of those that were traded."),
    query("start", "Only trades that were open on this day (UTC) or at this moment, or later."),
    query("end", "Only trades that were open on this day (UTC) or at this moment, or before."),
]


def read_trade_filter(request: Request, *, symbols: Collection[str]) -> TradeFilter:
    """Read which trades of these symbols are wanted. Raise InvalidError."""
    given = {name: request.query_params.get(name) or None for name in ("symbol", "start", "end")}
    symbol = None if given["symbol"] is None else as_word(given["symbol"], "symbol", known=symbols)
    start, end = moment_of(given["start"], "start"), end_of(given["end"], "end")
    # A day ends as the next one begins, which is after it.
    if start is not None and end is not None and (start > end or (start == end and is_date(given["end"]))):
        raise InvalidError(CANNOT_FILTER, details={"end": ["Must not be before start."]})
    return TradeFilter(symbol, start, end)


def end_of(text: str | None, name: str, *, refusal: str = CANNOT_FILTER) -> datetime | None:
    """Return the end of a day, or a moment. Raise InvalidError."""
    at = moment_of(text, name, refusal=refusal)
    if at is None or not is_date(text):
        return at
    return at + timedelta(days=1)


def moment_of(text: str | None, name: str, *, refusal: str = CANNOT_FILTER) -> datetime | None:
    """Return a day's midnight, or a moment; without a time zone it is of UTC. Raise InvalidError."""
    if text is None:
        return None
    try:
        return min(max(in_utc(datetime.fromisoformat(text)), EARLIEST), LATEST)
    except ValueError as error:
        message = f"'{text[:60]}' is no day such as 2026-01-31, and no moment such as 2026-01-31T12:00:00Z."
        raise InvalidError(refusal, details={name: [message]}) from error
