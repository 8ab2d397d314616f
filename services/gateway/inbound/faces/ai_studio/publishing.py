"""AI Studio's models go to the marketplace, are reviewed, and leave it."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Body, status
from fastapi.types import DecoratedCallable
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts import listings as contract
from libs.contracts.listings import PRICE_LEAST, PRICE_MOST, SIGNALS_MOST, TEXT_MOST, TITLE_MOST, ListingSnapshot, ListingState, Submitted
from libs.contracts.live import PLATFORM
from libs.market.catalogue import check_symbol
from modelbourse.answers import market as answers
from modelbourse.answers.answer import MODEL_ID
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.dates import is_date
from services.gateway.domain.marketplace.errors import NoListingError, StaticDataError
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.problems import Problems, type_problems
from services.gateway.domain.visible_text import text_problem
from services.gateway.inbound.faces.ai_studio.face import (
    FACE,
    NO_LISTING,
    ListingId,
    ModelId,
    Writer,
    make_routes,
)
from services.gateway.inbound.faces.ai_studio.listings import AMOUNT, details_of
from services.gateway.inbound.faces.ai_studio.reading import not_like_this, read_body, read_object
from services.gateway.inbound.faces.ai_studio.words import ASSET_CLASSES, CATEGORIES, LISTING_WORDS
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs, used
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.marketplace.publish_model import Word
from services.gateway.usecases.nouns import ListingUseCases

# Reviewers are admins.
Reviewer = Annotated[Caller, needs(Scope.ADMIN)]
ZERO: Final = re.compile(r"0+(\.0+)?", re.ASCII)
PRICE_RULE: Final = f"Must be an amount from '{PRICE_LEAST}' to '{PRICE_MOST}' in a string, with at most two decimals, such as '29.00'."
NO_FEE: Final = "Must be '0.00': a share of profits is not offered, as nobody here can measure a subscriber's."
NO_REVIEW: Final = "Nobody has reviewed a listing yet, so there is nothing to estimate it from."
SUBMITTED: Final = "Model submitted for marketplace review"
ON_SALE: Final = "Model published on the marketplace"
WITHDRAWN: Final = "Model withdrawn from the marketplace; who has subscribed keeps the time that is paid."
UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
SIGNAL: Final = {"symbol": "AAPL", "signal": "BUY", "confidence": 0.47, "date": "2012-12-31"}
LISTED_ALREADY: Final = AskRefusedError(
    "The model has a listing that is in review or on sale already: withdraw it before you publish the model anew.",
    kind=ErrorKind.CONFLICT,
    code="already_listed",
)
WRONG_STATE: Final = InvalidError("The listing cannot be listed now.", details={"status": ["It is withdrawn."]})
REVIEWED: Final = refused(FACE, WRONG_STATE, NO_LISTING, 504)


Use = Annotated[ListingUseCases, used(ListingUseCases)]
routes = make_routes("marketplace")


class SampleSignalIn(BaseModel):
    """A signal shown as an example. The platform does not vouch for it."""

    model_config = ConfigDict(extra="forbid")

    symbol: StrictStr = Field(min_length=1, max_length=20, description="One that candles are known of.")
    signal: answers.Signal = Field(description="What to do.")
    confidence: StrictFloat | StrictInt | None = Field(None, ge=0, le=1, description="How sure the model was.")
    date: StrictStr = Field(json_schema_extra={"format": "date"}, description="Not after today.")


class PublishIn(BaseModel):
    """What the seller says about the model. Its performance is measured by the platform and cannot be given."""

    model_config = ConfigDict(extra="forbid")

    title: StrictStr = Field(min_length=1, max_length=TITLE_MOST, description="What it is called.", examples=[answers.TITLE])
    description: StrictStr = Field("", max_length=TEXT_MOST, description="What it does.", examples=[answers.DESCRIPTION])
    category: answers.Category = Field(description="What kind of strategy it follows.")
    asset_classes: list[answers.AssetClass] = Field(min_length=1, max_length=7, description="What it is meant for.")
    pricing_model: answers.PricingModel = Field("FIXED", description="A price a period. A share of profits is not offered.")
    monthly_price: StrictStr = Field(
        max_length=20, description="From `1.00` to `100000.00`, with at most two decimals.", examples=["29.00"]
    )
    performance_fee_rate: StrictStr = Field("0.00", max_length=20, description="`0.00`: a share of profits is not offered.")
    sample_signals: list[SampleSignalIn] = Field(
        default_factory=list, max_length=SIGNALS_MOST, description="Signals to show as examples.", examples=[[SIGNAL]]
    )
    terms_and_conditions: StrictStr = Field("", max_length=TEXT_MOST, description="For subscribers.", examples=[answers.TERMS])
    acknowledge_static_data: StrictBool = Field(
        default=False,
        description="Must be true where a symbol of the model has no live source: subscribers get no newer candles, and are told so.",
        examples=[True],
    )


class RejectIn(BaseModel):
    """Why a listing is turned down."""

    model_config = ConfigDict(extra="forbid")

    reason: StrictStr = Field(
        min_length=1, max_length=TEXT_MOST, description="The seller reads it.", examples=["The description says too little."]
    )


@routes.post(
    "/models/{model_id}/publish/",
    status_code=status.HTTP_201_CREATED,
    summary="Publish a model",
    response_description="The listing was submitted.",
    responses=refused(FACE, StaticDataError(["AAPL"]), ModelNotFoundError(MODEL_ID), LISTED_ALREADY, 504),
)
@starts_work
async def publish_model(
    model_id: ModelId, body: Annotated[Any, Body(), ShownAs(PublishIn)], caller: Writer, work: CurrentWork, use: Use
) -> answers.Published:
    """Submit the version that serves to the marketplace's reviewers; the platform measures its record anew."""
    # What everybody may use: live series, and nobody's own symbols.
    live = (await use.live(PLATFORM)).candles
    offer = read_offer(body, today=use.clock().date(), synthetic_allowed=use.synthetic_allowed, live=live)
    static_data = body.get("acknowledge_static_data", False)
    return published_of(await use.publish(model_id, caller=caller, offer=offer, static_data=static_data, work=work))


@routes.post(
    "/models/{model_id}/unpublish/",
    summary="Withdraw a model from the marketplace",
    response_description="The listing is withdrawn.",
    responses=refused(FACE, NoListingError(), ModelNotFoundError(MODEL_ID), 504),
)
async def unpublish_model(model_id: ModelId, caller: Writer, use: Use) -> answers.Unpublished:
    """Nobody can subscribe any more; who has subscribed keeps the time that is paid. Withdrawing twice changes nothing."""
    return unpublished_of(await use.unpublish(model_id, account_id=caller.account_id))


def _review(word: Word, *, summary: str, done: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
    """Return the decorator of the route by which a reviewer says a word about a listing."""
    path = f"/marketplace/{{listing_id}}/{word}/"
    return routes.post(path, summary=summary, response_description=done, responses=REVIEWED, response_model_exclude_unset=True)


@_review("approve", summary="Approve a listing", done="The listing is on sale.")
async def approve_listing(listing_id: ListingId, reviewer: Reviewer, use: Use) -> answers.ListingDetails:
    """For admins. Approving twice changes nothing."""
    return await _reviewed(use, listing_id, reviewer, "approve")


@_review("reject", summary="Reject a listing", done="The listing is turned down.")
async def reject_listing(
    listing_id: ListingId, body: Annotated[Any, Body(), ShownAs(RejectIn)], reviewer: Reviewer, use: Use
) -> answers.ListingDetails:
    """For admins; the seller reads the reason, and may publish the model anew."""
    return await _reviewed(use, listing_id, reviewer, "reject", reason=read_rejection(body))


@_review("feature", summary="Feature a listing", done="The listing is shown first.")
async def feature_listing(listing_id: ListingId, reviewer: Reviewer, use: Use) -> answers.ListingDetails:
    """For admins."""
    return await _reviewed(use, listing_id, reviewer, "feature")


@_review("unfeature", summary="Feature a listing no longer", done="The listing is shown among the others.")
async def unfeature_listing(listing_id: ListingId, reviewer: Reviewer, use: Use) -> answers.ListingDetails:
    """For admins."""
    return await _reviewed(use, listing_id, reviewer, "unfeature")


async def _reviewed(
    use: ListingUseCases, listing_id: str, reviewer: Caller, word: Word, *, reason: str | None = None
) -> answers.ListingDetails:
    return await details_of(await use.review(listing_id, reviewer_id=reviewer.account_id, word=word, reason=reason), use=use)


def published_of(submitted: Submitted) -> answers.Published:
    """Return what the seller is told of a submitted listing."""
    listing = submitted.listing
    waits, word = listing.state is ListingState.IN_REVIEW, LISTING_WORDS[listing.state]
    time = _review_time(submitted) if waits else None
    return answers.Published(
        listing_id=listing.listing_id,
        status=word,
        message=ON_SALE if listing.state is ListingState.LISTED else SUBMITTED,
        estimated_review_time=time,
        model_id=listing.model_id,
        model_version=listing.version,
        reasons={} if time else {"estimated_review_time": NO_REVIEW if waits else f"It is {word} already."},
    )


def unpublished_of(listing: ListingSnapshot) -> answers.Unpublished:
    """Return what the seller is told of a withdrawn listing."""
    word = LISTING_WORDS[listing.state]
    return answers.Unpublished(listing_id=listing.listing_id, status=word, message=WITHDRAWN, model_id=listing.model_id)


def _review_time(submitted: Submitted) -> str | None:
    """Say how long a review may take, by how long the latest took; None without any."""
    if submitted.review_seconds is None:
        return None
    reviews = "latest review" if submitted.reviews == 1 else f"latest {submitted.reviews} reviews"
    return f"{_about(submitted.review_seconds)} (the median of the {reviews})"


def _about(seconds: float) -> str:
    for size, unit in UNITS:
        if seconds >= size:
            number = round(seconds / size)
            return f"about {number} {unit}{'s' if number > 1 else ''}"
    return "less than a minute"


def read_offer(body: Any, *, today: date, synthetic_allowed: bool, live: Collection[str] = ()) -> contract.Offer:
    """Return what a seller offers; `live` are the symbols of the live series. Raise InvalidError with all problems."""
    given = read_object(body)
    problems = type_problems(PublishIn, given)
    if "sample_signals" not in problems:
        problems |= _misspelt(given.get("sample_signals", []))
    for name in ("title", "description", "terms_and_conditions"):
        if name in given and name not in problems and (text := text_problem(given[name], needed=name == "title", lines=name != "title")):
            problems[name] = [text]
    if "monthly_price" in given and not _is_price(given["monthly_price"]):
        problems["monthly_price"] = [PRICE_RULE]
    if isinstance(fee := given.get("performance_fee_rate"), str) and not ZERO.fullmatch(fee):
        problems["performance_fee_rate"] = [NO_FEE]
    if not any(field.startswith("sample_signals") for field in problems):
        problems |= _signal_problems(given.get("sample_signals", []), today=today, synthetic_allowed=synthetic_allowed, live=live)
    if problems:
        what = "The model cannot be published like this"
        raise not_like_this(what, problems)
    return contract.Offer(
        title=given["title"].strip(),
        description=given.get("description", "").strip(),
        category=CATEGORIES[given["category"]],
        asset_classes=tuple(dict.fromkeys(ASSET_CLASSES[word] for word in given["asset_classes"])),
        pricing_model=contract.PricingModel[given.get("pricing_model", "FIXED")],
        monthly_price=Decimal(given["monthly_price"]).quantize(Decimal("0.01")),
        sample_signals=tuple(contract.SampleSignal.model_validate(signal) for signal in given.get("sample_signals", [])),
        terms_and_conditions=given.get("terms_and_conditions", "").strip(),
    )


def read_rejection(body: Any) -> str:
    """Return why a listing is turned down. Raise InvalidError."""
    what = "The listing cannot be rejected like this"
    reason = str(read_body(RejectIn, body, what=what)["reason"])
    if problem := text_problem(reason, lines=True):
        raise not_like_this(what, {"reason": [problem]})
    return reason.strip()


def _is_price(price: Any) -> bool:
    return isinstance(price, str) and AMOUNT.fullmatch(price) is not None and PRICE_LEAST <= Decimal(price) <= PRICE_MOST


def _misspelt(signals: list[Any]) -> Problems:
    """Return what is wrong with the keys and types of signals, by field, with the nearest key."""
    found = {number: type_problems(SampleSignalIn, each) for number, each in enumerate(signals) if isinstance(each, dict)}
    return {f"sample_signals.{number}.{field}": texts for number, problems in found.items() for field, texts in problems.items()}


def _signal_problems(signals: list[Mapping[str, Any]], *, today: date, synthetic_allowed: bool, live: Collection[str]) -> Problems:
    problems: Problems = {}
    for number, signal in enumerate(signals):
        try:
            if signal["symbol"] not in live:
                check_symbol(signal["symbol"], synthetic_allowed=synthetic_allowed, own=live)
        except InvalidError as error:
            problems[f"sample_signals.{number}.symbol"] = [text for texts in error.details.values() for text in texts] or [error.message]
        day = signal["date"]
        if not is_date(day):
            problems[f"sample_signals.{number}.date"] = ["Must be a date such as 2012-12-31."]
        elif date.fromisoformat(day) > today:
            problems[f"sample_signals.{number}.date"] = [f"Must not be after today ({today})."]
    return problems
