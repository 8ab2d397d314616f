"""A listing's record day by day, and the check of its chain, computed here from what the gateway says."""

from collections.abc import Sequence
from math import prod

from modelbourse.answers.answer import Page
from modelbourse.answers.market import ListingDetails
from modelbourse.answers.records import RecordDay, Verified
from modelbourse.asking import collect_all, get_all, get_page, path_to
from modelbourse.gateway import Gateway
from modelbourse.market import MARKET, get_listing
from modelbourse.record_chain import Break, first_break
from modelbourse.steps import Flow, Steps

RECORD = "/record/"


def page_of_record(gateway: Gateway, listing_id: str, *, page: int = 1, page_size: int | None = None) -> Steps[Page[RecordDay]]:
    """Return a page of a record's days, the oldest first; raise NotFoundError."""
    return get_page(gateway, RecordDay, path_to(MARKET, listing_id, then=RECORD), page=page, page_size=page_size)


def all_of_record(gateway: Gateway, listing_id: str) -> Flow[RecordDay, None]:
    """Iterate over all days of a record, the oldest first; raise NotFoundError."""
    return get_all(gateway, RecordDay, path_to(MARKET, listing_id, then=RECORD))


def verify_record(gateway: Gateway, listing_id: str, *, noted: str | None = None) -> Steps[Verified]:
    """Compute a record's chain from its days, and say whether it holds, or where it breaks; raise NotFoundError.

    `noted` is a hash that was noted before: without a day that has it, something up to then was changed.
    """
    # The listing first: days that are added meanwhile come after the end that it says.
    listing = yield from get_listing(gateway, listing_id)
    days = yield from collect_all(gateway, RecordDay, path_to(MARKET, listing_id, then=RECORD))
    return verified_by(listing, days, noted=noted)


def verified_by(listing: ListingDetails, days: Sequence[RecordDay], *, noted: str | None) -> Verified:
    """Return what a check of all the days of a listing's record comes to."""
    broken = first_break(days, listing_id=listing.id, version=listing.model_version)
    return Verified(
        listing_id=listing.id,
        days=len(days),
        first_day=days[0].date if days else None,
        last_day=days[-1].date if days else None,
        hash=days[-1].hash if days else None,
        absent_days=sum(day.absent for day in days),
        restated_days=sum(day.restated is not None for day in days),
        total_return=prod(1 + day.day_return for day in days) - 1,
        broken_at=broken.date if broken else None,
        problem=_problem(listing, days, broken=broken, noted=noted),
    )


def _problem(listing: ListingDetails, days: Sequence[RecordDay], *, broken: Break | None, noted: str | None) -> str | None:
    if broken is not None:
        return broken.problem
    end = listing.record
    if end is not None and end.days and (len(days) < end.days or days[end.days - 1].hash != end.hash):
        return f"The listing says that its first {end.days} days end with {end.hash}, and they do not."
    if noted is not None and noted not in {day.hash for day in days}:
        return f"No day has the hash {noted}: what was there when it was noted has been changed."
    return None
