"""AI Studio as a face: its paths, who may call, and its words for errors: `{"error": {"code", "message", "details"}, "timestamp"}`."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Path

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.envelope import JsonObject
from modelbourse.answers.answer import JOB_ID, MODEL_ID, Answer
from modelbourse.answers.market import LISTING_ID
from modelbourse.answers.subscriptions import SUBSCRIPTION_ID
from modelbourse.answers.webhooks import DELIVERY_ID, WEBHOOK_ID
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.errors import NotFoundError
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.marketplace.errors import ListingNotFoundError, SubscriptionNotFoundError
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.webhooks.errors import DeliveryNotFoundError, WebhookNotFoundError
from services.gateway.inbound.faces.ai_studio.words import in_words
from services.gateway.inbound.http.errors import ErrorOut, standard_body
from services.gateway.inbound.http.face import Access, Face
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs
from services.gateway.inbound.http.strict_route import make_router

A = TypeVar("A", bound=Answer)
# What the platform's standard codes do not tell apart.
CODES: Final[Mapping[str, str]] = {
    "not_a_subscriber": "SUBSCRIPTION_REQUIRED",
    "payment_declined": "PAYMENT_DECLINED",
    "model_expired": "MODEL_EXPIRED",
}


def error_body(error: PlatformError) -> JsonObject:
    """Say an error as the document's "Standard Error Format" has it."""
    body, (message, details) = standard_body(error), in_words(error)
    body["error"] |= {"message": message, "details": details}
    if error.code in CODES:
        body["error"]["code"] = CODES[error.code]
    return body


# What its routes are about: each has a tag in the OpenAPI document.
NOUNS: Final[Mapping[str, str]] = {
    "models": "Models: made, changed, archived, deleted.",
    "training": "Trainings: estimated, started, followed, cancelled.",
    "predictions": "Predictions with their reasons: of now, and of past days.",
    "results": "What a training measured: trades, equity, importance, plots.",
    "catalogue": "What there is to choose from: algorithms, features, symbols.",
    "compute hours": "Compute hours: used, bought, limited by tier.",
    "dashboard": "All at a glance.",
    "marketplace": "Models on sale: published, listed, rated, with their records.",
    "subscriptions": "Subscriptions to models of others, and what your own earn by them.",
    "payments": "What you have paid and were paid, as receipts.",
    "webhooks": "Events sent to an address of yours.",
}


FACE: Final = Face(
    name="ai_studio",
    title="AI Studio",
    prefixes=("/api/ai-studio",),
    error_body=error_body,
    error_model=ErrorOut,
    access=Access.CLOSED,
    trailing_slash=True,
    nouns=NOUNS,
)
Reader = Annotated[Caller, needs(Scope.READ)]
# Whoever may train may look at what is trained.
Owner = Annotated[Caller, needs(Scope.READ, Scope.TRAIN)]
Writer = Annotated[Caller, needs(Scope.WRITE)]
Trainer = Annotated[Caller, needs(Scope.TRAIN)]
# An API key cannot spend its owner's money: whoever finds one does not own the card.
Buyer = Annotated[Caller, needs(Scope.ACCOUNT)]


def make_routes(noun: str) -> APIRouter:
    """Return a router for the routes of a noun, which is one of NOUNS."""
    return make_router(prefix=FACE.prefix, tags=[FACE.tag(noun)])


def with_reasons(answer: A, whys: Mapping[str, str]) -> A:
    """Return an answer with its `reasons`: those of `whys` whose values are null."""
    return answer.model_copy(update={"reasons": {name: why for name, why in whys.items() if attrgetter(name)(answer) is None}})


ModelId = Annotated[str, id_of("model", ModelNotFoundError), Path(description="The model's id.", examples=[MODEL_ID])]
JobId = Annotated[str, id_of("job", JobNotFoundError), Path(description="The training job's id.", examples=[JOB_ID])]
ListingId = Annotated[str, id_of("listing", ListingNotFoundError), Path(description="The listing's id.", examples=[LISTING_ID])]
SubscriptionId = Annotated[
    str, id_of("subscription", SubscriptionNotFoundError), Path(description="The subscription's id.", examples=[SUBSCRIPTION_ID])
]
WebhookId = Annotated[str, id_of("webhook", WebhookNotFoundError), Path(description="The webhook's id.", examples=[WEBHOOK_ID])]
DeliveryId = Annotated[str, id_of("delivery", DeliveryNotFoundError), Path(description="The delivery's id.", examples=[DELIVERY_ID])]

NO_LISTING: Final = ListingNotFoundError(LISTING_ID)
NO_PAGE: Final = NotFoundError("Invalid page: there are 3.", details={"page": ["The last page is 3."]})
NO_SUCH_PAGE: Final = refused(
    FACE,
    InvalidError("The list cannot be paged like this.", details={"page_size": ["Must be a whole number from 1 to 100."]}),
    NO_PAGE,
)
