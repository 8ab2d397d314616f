"""AI Engine's candles: those of a symbol, in a window, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import orjson
from fastapi import Query
from starlette.responses import Response

from libs.chassis.errors import InvalidError
from libs.contracts.candles import SHOWN_MOST, CandlePart
from libs.contracts.own_candles import TIMEFRAMES
from modelbourse.answers.engine import candles as answers
from services.gateway.domain.datasets.candles import REFUSAL, Behind, Window
from services.gateway.domain.dates import is_date
from services.gateway.inbound.faces.ai_engine.face import FACE, Reader
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.inbound.http.windows import end_of, moment_of
from services.gateway.usecases.datasets.read_candles import ReadCandles

USUAL: Final = 500
A_MOMENT: Final = timedelta(milliseconds=1)
WHYS: Final = {
    "dataset_id": "They were generated: they are of no dataset.",
    "version": "What comes with the platform, or is generated, has no versions.",
    "made_of": "They have the timeframe that they are kept in.",
    "next_start": "There is none after these in the window.",
    "previous_end": "There is none before these.",
}
NO_VOLUME: Final = "The source does not know the volume of these candles: their price moved without any."
MISSPELT: Final = InvalidError(REFUSAL, details={"symbol": ["There is no symbol 'APPL'. Did you mean 'AAPL'?"]})
Use = Annotated[ReadCandles, used(ReadCandles)]
routes = make_router(prefix=f"{FACE.prefix}/candles", tags=[FACE.tag("candles")])


@routes.get(
    "",
    summary="List candles of a symbol",
    response_description="Candles, the oldest first, and where they are from.",
    response_model=answers.Candles,
    responses=refused(FACE, MISSPELT, 503, 504),
)
async def list_candles(
    caller: Reader,
    use: Use,
    *,
    symbol: Annotated[str, Query(min_length=1, max_length=40, description="What they are of.", examples=["AAPL"])],
    timeframe: Annotated[
        str | None,
        Query(
            description=f"How long one is: {', '.join(TIMEFRAMES)}. Coarser ones are made of your own and of live ones. Default: as they "
            "are kept.",
            examples=["1d"],
        ),
    ] = None,
    start: Annotated[
        str | None,
        Query(description="Only those that close on this day (UTC) or at this moment, or later.", examples=["2012-12-03"]),
    ] = None,
    end: Annotated[
        str | None,
        Query(description="Only those that close on this day (UTC) or at this moment, or before.", examples=["2012-12-31T21:00:00Z"]),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=SHOWN_MOST, description="How many at most.", examples=[100])] = USUAL,
    synthetic: Annotated[
        Literal["allow", "never"] | None,
        Query(description="Whether generated candles may stand in for a symbol without any. Default: as the platform does."),
    ] = None,
) -> Response:
    """Your own go before live series, and these before packaged ones. Without `start` the newest up to `end` are meant.

    `next_start` and `previous_end` lead on to either side.
    """
    window = Window(symbol, timeframe, _first(start), end_of(end, "end", refusal=REFUSAL), limit)
    behind, part = await use(window, account_id=caller.account_id, synthetic=None if synthetic is None else synthetic == "allow")
    return Response(written(candles_of(window, behind, part), part), media_type="application/json")


def candles_of(window: Window, behind: Behind, part: CandlePart) -> answers.Candles:
    """Return all but the candles themselves in this face's words."""
    own = behind.own
    more = part.after if part.after is not None and (window.end is None or part.after <= window.end) else None
    answer = answers.Candles(
        symbol=window.symbol,
        timeframe=behind.timeframe,
        source=behind.source,
        dataset_id=behind.dataset_id,
        version=own.version if own else None,
        made_of=own.timeframe if own and own.timeframe != behind.timeframe else None,
        origin=behind.instrument.source,
        calendar=behind.calendar,
        adjustment=part.adjustment,
        synthetic=part.synthetic,
        first=part.first,
        last=part.last,
        candles=[],
        next_start=more,
        previous_end=part.before,
        reasons={},
    )
    reasons = {name: why for name, why in WHYS.items() if getattr(answer, name) is None}
    if None in part.volume:
        reasons["candles.volume"] = NO_VOLUME
    if not part.closed:
        reasons["candles"] = _why_none(part)
    return answer.model_copy(update={"reasons": reasons})


def written(answer: answers.Candles, part: CandlePart) -> bytes:
    """Return an answer with its candles as JSON, in a fifth of the time that a model for each of a thousand would take."""
    columns = zip(
        map(_moment, part.opened), map(_moment, part.closed), part.open, part.high, part.low, part.close, part.volume, strict=True
    )
    rows = [dict(zip(answers.Candle.model_fields, row, strict=True)) for row in columns]
    return orjson.dumps(answer.as_json() | {"candles": rows})


def _why_none(part: CandlePart) -> str:
    sides = [("before closed", part.before), ("after closes", part.after)]
    near = " and ".join(f"the nearest {word} at {at:%Y-%m-%d %H:%M} UTC" for word, at in sides if at is not None)
    return f"No candle closes in the window; {near}. There are some from {part.first:%Y-%m-%d} to {part.last:%Y-%m-%d}."


def _moment(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def _first(text: str | None) -> datetime | None:
    """Return the moment that candles close at or after: of a day, the first after its midnight, at which the day before closes."""
    at = moment_of(text, "start", refusal=REFUSAL)
    return at + A_MOMENT if at is not None and is_date(text) else at
