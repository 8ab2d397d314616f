"""Listings' records in AI Studio: figures, what they count for, and days."""

from datetime import date
from typing import Annotated, Any, Final

from starlette.requests import Request

from libs.contracts.listings import ListingSnapshot, Performance
from libs.contracts.live import PLATFORM
from libs.contracts.records import KeptDay, ReadRecord, RecordHead, Standing
from modelbourse.answers.records import (
    FIGURES,
    DayAgain,
    Record,
    RecordBaselines,
    RecordDay,
    RecordEnd,
    RecordPage,
    SharpeInterval,
    TriedRecord,
)
from services.gateway.domain.marketplace.listing_data import data_of
from services.gateway.inbound.faces.ai_studio.face import (
    FACE,
    NO_LISTING,
    NO_PAGE,
    ListingId,
    Reader,
    make_routes,
    with_reasons,
)
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.usecases.nouns import ListingUseCases

TRIED: Final = ("deflated_sharpe_ratio", "trials", "trials_variance")
NOT_MEASURED: Final = "The platform has not measured it yet."
NOT_LISTED: Final = "It is measured from the day on that the model is on sale."


Use = Annotated[ListingUseCases, used(ListingUseCases)]
routes = make_routes("marketplace")


@routes.get(
    "/marketplace/{listing_id}/record/",
    summary="Get a listing's record day by day",
    response_description="A page of days, the oldest first.",
    responses=refused(FACE, NO_LISTING, NO_PAGE, 504),
    openapi_extra={"parameters": PAGES},
)
async def get_record(listing_id: ListingId, request: Request, caller: Reader, use: Use) -> RecordPage:
    """Each day has the hash of the day before: anybody can check that none was changed (`modelbourse market verify`)."""
    paging = read_paging(request)
    listing = await use.show(listing_id, caller=caller)
    part = paging.part
    after = date.fromisoformat(part.after[0]) if part.after else None
    told = await use.marketplace.record(ReadRecord(listing_id=listing_id, page=part.page, size=part.size, after=after))
    rows = [record_day_of(day) for day in told.days]
    page = paging.answer(rows, count=told.count, after=(told.after.isoformat(),) if told.after else None)
    return RecordPage(**page, static_data=data_of(listing, ages=use.ages, live=await use.live(PLATFORM), fetched=use.fetched).static)


def backtest_of(listing: ListingSnapshot, *, static_data: bool) -> TriedRecord:
    """Return the record from the cut on, and how much of it the number of trials leaves."""
    record, standing = record_of(listing.backtest, missing=NOT_MEASURED, static_data=static_data), listing.standing
    tries: dict[str, Any] = {name: getattr(standing, name, None) for name in TRIED}
    tried = TriedRecord(**dict(record), **tries)
    return with_reasons(tried, record.reasons | {name: unranked(standing, name) for name in TRIED})


def live_record_of(listing: ListingSnapshot, *, static_data: bool) -> Record:
    """Return the record since it is on sale."""
    return record_of(listing.live, missing=NOT_MEASURED if listing.published_at else NOT_LISTED, static_data=static_data)


def record_of(record: Performance | None, *, missing: str, static_data: bool) -> Record:
    """Return a record's figures; `missing` is why there is none."""
    if record is None:
        return Record(**dict.fromkeys(FIGURES), static_data=static_data, reasons=dict.fromkeys(FIGURES, missing))
    figures = Record(
        sharpe_ratio=record.sharpe_ratio,
        max_drawdown=record.max_drawdown,
        total_return=record.total_return,
        win_rate=record.win_rate,
        total_trades=record.total_trades,
        bars=record.bars,
        bars_per_year=record.bars_per_year,
        absent_days=record.absent_days,
        skewness=record.skewness,
        kurtosis=record.kurtosis,
        sharpe_interval=SharpeInterval.model_validate(record.sharpe_interval) if record.sharpe_interval else None,
        baselines=RecordBaselines.model_validate(record.baselines) if record.baselines else None,
        start_date=record.since,
        end_date=record.until,
        trades=record.total_trades,
        synthetic=record.synthetic,
        measured_at=record.measured_at,
        static_data=static_data,
        reasons={},
    )
    why = next(iter(record.reasons.values()), NOT_MEASURED)
    return with_reasons(figures, {name: record.reasons.get(name, why) for name in FIGURES})


def record_end_of(head: RecordHead | None) -> RecordEnd | None:
    """Return the end of a record's chain."""
    return RecordEnd(days=head.days, last_day=head.last, hash=head.hash, restated_days=head.restated) if head else None


def record_day_of(day: KeptDay) -> RecordDay:
    """Return a day of a record."""
    again = day.restated
    return RecordDay(
        date=day.date,
        day_return=day.day_return,
        position=day.position,
        absent=day.absent,
        hash=day.hash,
        previous=day.previous,
        restated=DayAgain(**dict(again)) if again else None,
    )


def unranked(standing: Standing | None, name: str) -> str:
    """Return why a listing does not have what it would count for among others."""
    return standing.reasons.get(name, NOT_MEASURED) if standing else NOT_MEASURED
