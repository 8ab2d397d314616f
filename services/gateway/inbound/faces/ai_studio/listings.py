"""AI Studio's marketplace: what is on sale, and what subscribers say of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr
from starlette.requests import Request

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts.ids import is_id
from libs.contracts.listings import ListingSnapshot, ListingState
from libs.contracts.live import PLATFORM
from libs.contracts.names import did_you_mean
from libs.contracts.subscriptions import RateListing, RatingPlace, RatingSnapshot, ReadRatings
from libs.market.age import age_fields, reasons_of
from modelbourse.answers import market as answers
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.errors import PermissionDeniedError
from services.gateway.domain.marketplace.listing_data import ListingData, data_of
from services.gateway.domain.marketplace.ports import ListingFilter, ListingOrder, Seller
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.problems import Problems
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_studio.face import (
    FACE,
    NO_LISTING,
    NO_PAGE,
    ListingId,
    Reader,
    Writer,
    make_routes,
    with_reasons,
)
from services.gateway.inbound.faces.ai_studio.reading import not_like_this, read_body
from services.gateway.inbound.faces.ai_studio.records import NOT_MEASURED, backtest_of, live_record_of, record_end_of, unranked
from services.gateway.inbound.faces.ai_studio.words import (
    ASSET_CLASSES,
    ASSET_WORDS,
    CATEGORIES,
    CATEGORY_WORDS,
    LISTING_STATES,
    LISTING_WORDS,
)
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.usecases.nouns import ListingUseCases

ME: Final = "me"
AMOUNT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,12})?", re.ASCII)
WORDS_MOST: Final = 10
SEARCH_MOST: Final = 200
SHOWN: Final = 60
ORDERS: Final = [each.value for each in ListingOrder if each is not ListingOrder.FEATURED]
UNSEARCHABLE: Final = "The marketplace cannot be searched like this."
MISSPELT: Final = InvalidError(
    UNSEARCHABLE, details={"category": ["'MOMENTM' is not one of MOMENTUM, MEAN_REVERSION. Did you mean 'MOMENTUM'?"]}
)
NO_SUCH_STARS: Final = InvalidError(
    "The model cannot be rated like this: see rating.", details={"rating": ["Input should be less than or equal to 5."]}
)
NOT_YOURS: Final = AskRefusedError(
    "Only those who are or were subscribed to this model may rate it.", kind=ErrorKind.FORBIDDEN, code="not_a_subscriber"
)
FILTERS: Final = [
    query("category", "Only this category.", enum=list(CATEGORIES)),
    query("min_sharpe_ratio", "Only what is ranked, with at least this `ranking_sharpe_ratio`.", type="number"),
    query("max_price", "Only up to this monthly price.", examples=["29.00"]),
    query(
        "asset_classes", f"Only for one of these, with commas: {', '.join(ASSET_CLASSES)}; currencies are FX.", examples=["EQUITY,INDEX"]
    ),
    query("search", "Only those with all of these words somewhere in title or description."),
    query("seller", "`me`: your own, in all states; an account's id: that seller's."),
    query("status", "Only in this state; what is not `PUBLISHED` is shown to reviewers and to its seller.", enum=list(LISTING_STATES)),
    query("ordering", "Left out: the featured ones first, then the newest.", enum=ORDERS),
]


Use = Annotated[ListingUseCases, used(ListingUseCases)]
routes = make_routes("marketplace")


class RateIn(BaseModel):
    """A subscriber's word; it replaces an earlier one."""

    model_config = ConfigDict(extra="forbid")

    rating: StrictInt = Field(ge=1, le=5, description="Stars.", examples=[5])
    comment: StrictStr = Field("", max_length=2000, description="In words.", examples=["It does what it says."])


def for_reviewers() -> PermissionDeniedError:
    """Return what others are told who ask for what is not on sale."""
    return PermissionDeniedError(
        "Only reviewers (admins) see what is not on sale; your own listings are at `?seller=me`.",
        details={"status": ["Leave it out, ask for PUBLISHED, or add seller=me."]},
    )


@routes.get(
    "/marketplace/",
    summary="Browse the marketplace",
    response_description="A page of listings.",
    responses=refused(FACE, MISSPELT, for_reviewers(), NO_PAGE),
    openapi_extra={"parameters": [*FILTERS, *PAGES]},
    response_model_exclude_unset=True,
)
async def list_listings(request: Request, caller: Reader, use: Use) -> answers.ListingPage:
    """Models on sale. Both records are measured by the platform, and no seller can write them."""
    paging = read_paging(request)
    wanted, order = read_search(request)
    wanted = _shown_to(caller, request, wanted=wanted)
    if Scope.ADMIN not in caller.scopes:
        wanted = replace(wanted, not_of=tuple(await use.suspended()))
    page = await use.views.find(wanted, paging.part, order=order)
    sellers = await use.views.sellers({each.seller_id for each in page.items})
    data, live = use.ages, await use.live(PLATFORM)
    rows = [
        listing_row_of(each, seller=sellers.get(each.seller_id, Seller()), data=data_of(each, ages=data, live=live, fetched=use.fetched))
        for each in page.items
    ]
    return paging.page(answers.ListingPage, rows, count=page.count, after=page.after)


@routes.get(
    "/marketplace/{listing_id}/",
    summary="Get a listing",
    response_description="The listing: offer, both records, terms, versions.",
    responses=refused(FACE, NO_LISTING),
    response_model_exclude_unset=True,
)
async def get_listing(listing_id: ListingId, caller: Reader, use: Use) -> answers.ListingDetails:
    """Show all that is public about it; what is not on sale only to its seller, to who has subscribed, and to reviewers."""
    return await details_of(await use.show(listing_id, caller=caller), use=use)


@routes.post(
    "/marketplace/{listing_id}/rate/",
    summary="Rate a model",
    response_description="How the listing is rated with it.",
    responses=refused(FACE, NO_SUCH_STARS, NOT_YOURS, NO_LISTING, 504),
)
async def rate_listing(listing_id: ListingId, body: Annotated[Any, Body(), ShownAs(RateIn)], caller: Writer, use: Use) -> answers.Rated:
    """By those who pay or have paid for it. A later word replaces the earlier one."""
    rating, comment = read_rating(body)
    ask = RateListing(listing_id=listing_id, account_id=caller.account_id, rating=rating, comment=comment)
    return rated_of(await use.rate(ask), rating=rating)


@routes.get(
    "/marketplace/{listing_id}/ratings/",
    summary="List a listing's ratings",
    response_description="A page of ratings, the newest first.",
    responses=refused(FACE, NO_LISTING, NO_PAGE, 504),
    openapi_extra={"parameters": PAGES},
)
async def list_ratings(listing_id: ListingId, request: Request, caller: Reader, use: Use) -> answers.RatingPage:
    """By those who pay or have paid for it; their names are not told."""
    paging = read_paging(request)
    await use.show(listing_id, caller=caller)
    part = paging.part
    place = RatingPlace(rated_at=part.after[0], id=part.after[1]) if part.after else None
    found = await use.marketplace.ratings(ReadRatings(listing_id=listing_id, page=part.page, size=part.size, after=place))
    rows, after = [rating_of(each) for each in found.ratings], found.after
    return paging.page(answers.RatingPage, rows, count=found.count, after=(after.rated_at, after.id) if after else None)


async def details_of(listing: ListingSnapshot, *, use: ListingUseCases) -> answers.ListingDetails:
    """Return all that is public about a listing, with how its seller stands and the versions of its model."""
    seller = (await use.views.sellers([listing.seller_id])).get(listing.seller_id, Seller())
    try:
        model = await use.models.get(listing.model_id, account_id=None)
    except ModelNotFoundError:
        shown = []
    else:
        shown = [_listed(version, expires=version.expires_at) for version in model.offered]
    return listing_of(
        listing, seller=seller, versions=shown, data=data_of(listing, ages=use.ages, live=await use.live(PLATFORM), fetched=use.fetched)
    )


def listing_row_of(listing: ListingSnapshot, *, seller: Seller, data: ListingData) -> answers.ListingRow:
    """Return a listing as lists show it."""
    offer, standing, word = listing.offer, listing.standing, LISTING_WORDS[listing.state]
    row = answers.ListingRow(
        id=listing.listing_id,
        title=offer.title,
        description=offer.description,
        seller=answers.Seller(id=listing.seller_id, username=listing.seller_name, rating=seller.rating, total_models=seller.total_models),
        category=CATEGORY_WORDS[offer.category],
        asset_classes=[ASSET_WORDS[each] for each in offer.asset_classes],
        monthly_price=offer.monthly_price,
        performance_metrics=backtest_of(listing, static_data=data.static),
        live_performance=live_record_of(listing, static_data=data.static),
        ranking_sharpe_ratio=standing.sharpe_ratio if standing else None,
        record=record_end_of(listing.record),
        total_subscribers=listing.subscribers,
        average_rating=listing.average_rating,
        ratings_count=listing.ratings,
        is_featured=listing.is_featured,
        sample_signals_count=len(offer.sample_signals),
        status=word,
        published_at=listing.published_at,
        **age_fields(data.age),
        static_data=data.static,
        data_note=data.note,
        reasons={},
    )
    whys = {
        "ranking_sharpe_ratio": unranked(standing, "sharpe_ratio"),
        "record": NOT_MEASURED,
        "average_rating": "Nobody has rated it yet.",
        "seller.rating": "Nobody has rated a model of this seller yet.",
        "published_at": f"It is {word} and was never on sale.",
        **reasons_of(data.age),
    }
    return with_reasons(row, whys)


def listing_of(
    listing: ListingSnapshot, *, seller: Seller, versions: Sequence[answers.ListedVersion], data: ListingData
) -> answers.ListingDetails:
    """Return all that is public about a listing."""
    row, offer = listing_row_of(listing, seller=seller, data=data), listing.offer
    details = answers.ListingDetails(
        **dict(row),
        model_id=listing.model_id,
        model_version=listing.version,
        versions=list(versions),
        pricing_model="FIXED",
        performance_fee_rate=Decimal("0.00"),
        sample_signals=[answers.SampleSignal(**dict(signal)) for signal in offer.sample_signals],
        terms_and_conditions=offer.terms_and_conditions,
        submitted_at=listing.submitted_at,
        rejection_reason=listing.rejection_reason,
    )
    return with_reasons(details, {**row.reasons, "rejection_reason": "It was not rejected."})


def _listed(version: ModelVersion, *, expires: datetime | None) -> answers.ListedVersion:
    """Return a version as its buyers see it; nothing is said of an end where there is none."""
    return answers.ListedVersion(version=version.name, created_at=version.made_at, **({"expires_at": expires} if expires else {}))


def rated_of(listing: ListingSnapshot, *, rating: int) -> answers.Rated:
    """Return how a listing is rated now; one that was just rated has an average."""
    assert listing.average_rating is not None
    return answers.Rated(
        listing_id=listing.listing_id,
        rating=rating,
        average_rating=listing.average_rating,
        ratings=listing.ratings,
        message="Rating saved",
    )


def rating_of(rating: RatingSnapshot) -> answers.Rating:
    """Return one rating among others."""
    return answers.Rating(rating=rating.rating, comment=rating.comment, created_at=rating.rated_at)


def read_rating(body: Any) -> tuple[int, str]:
    """Return stars and comment. Raise InvalidError with all problems."""
    what = "The model cannot be rated like this"
    given = read_body(RateIn, body, what=what)
    comment = given.get("comment", "")
    if problem := text_problem(comment, needed=False, lines=True):
        raise not_like_this(what, {"comment": [problem]})
    return given["rating"], comment.strip()


def read_search(request: Request) -> tuple[ListingFilter, ListingOrder]:
    """Return which listings are asked for, apart from whose and in which state, and their order. Raise InvalidError with all problems."""
    given = {name: value for name, value in request.query_params.items() if value != ""}
    problems: Problems = {}
    category = _word(given, "category", known=CATEGORIES, problems=problems)
    order = _word(given, "ordering", known=ORDERS, problems=problems)
    classes = _classes(given.get("asset_classes", ""), problems=problems)
    sharpe, price = given.get("min_sharpe_ratio"), given.get("max_price")
    if sharpe is not None and not NUMBER.fullmatch(sharpe):
        problems["min_sharpe_ratio"] = ["Must be a number such as 0.5."]
    if price is not None and not AMOUNT.fullmatch(price):
        problems["max_price"] = ["Must be an amount with at most two decimals, such as 29.00."]
    search = given.get("search", "")
    words = tuple(dict.fromkeys(search.split()))
    if wrong := text_problem(search, needed=False):
        problems["search"] = [wrong]
    if len(search) > SEARCH_MOST or len(words) > WORDS_MOST:
        problems["search"] = [f"Must have at most {WORDS_MOST} words and {SEARCH_MOST} characters."]
    if problems:
        raise InvalidError(UNSEARCHABLE, details=problems)
    wanted = ListingFilter(
        category=CATEGORIES[category] if category else None,
        asset_classes=tuple(ASSET_CLASSES[word] for word in classes),
        min_sharpe_ratio=None if sharpe is None else float(sharpe),
        max_price=None if price is None else Decimal(price),
        words=words,
    )
    return wanted, ListingOrder(order) if order else ListingOrder.FEATURED


def _shown_to(caller: Caller, request: Request, *, wanted: ListingFilter) -> ListingFilter:
    """Return the search with whose listings and in which state. Raise InvalidError or PermissionDeniedError."""
    word, seller = read_word(request, "status", known=LISTING_STATES), request.query_params.get("seller") or None
    state = LISTING_STATES[word] if word else None
    if seller == ME:
        return replace(wanted, seller_id=caller.account_id, state=state)
    if seller is not None and not is_id(seller, prefix="account"):
        raise InvalidError(UNSEARCHABLE, details={"seller": ["Must be `me` or an account's id, which begins with account_."]})
    if state not in {None, ListingState.LISTED} and Scope.ADMIN not in caller.scopes:
        raise for_reviewers()
    return replace(wanted, seller_id=seller, state=state or ListingState.LISTED)


def _word(given: Mapping[str, str], name: str, *, known: Iterable[str], problems: Problems) -> str | None:
    word, words = given.get(name), list(known)
    if word is None or word in words:
        return word
    problems[name] = [f"'{word[:SHOWN]}' is not one of {', '.join(words)}.{did_you_mean(word, words)}"]
    return None


def _classes(text: str, *, problems: Problems) -> list[str]:
    words = [word.strip() for word in text[:SEARCH_MOST].split(",") if word.strip()]
    unknown = [word for word in words if word not in ASSET_CLASSES]
    if unknown:
        known = ", ".join(ASSET_CLASSES)
        problems["asset_classes"] = [f"'{word[:SHOWN]}' is not one of {known}.{_meant(word)}" for word in unknown]
        return []
    return words


def _meant(word: str) -> str:
    """Return what asset class a word is probably meant for: symbols have CURRENCY where listings have FX."""
    return did_you_mean("FX" if word.upper().startswith("CURRENC") else word, ASSET_CLASSES)
