"""What Stripe's errors mean: a card that is refused, a provider that is away, or nobody knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from stripe import (
    AuthenticationError,
    CardError,
    IdempotencyError,
    InvalidRequestError,
    PaymentIntent,
    PermissionError,  # noqa: A004 - the library's name
    RateLimitError,
    StripeError,
)

from libs.chassis.logs import log
from services.marketplace.domain.payment_errors import PaymentKeyReusedError, PaymentsAwayError
from services.marketplace.domain.payments import Decline

BAD_REQUEST: Final = 400
NOT_ITS_STATE: Final = "payment_intent_unexpected_state"
NEEDS_OWNER: Final = Decline("authentication_required", "The card's bank asks its owner to confirm the payment, which cannot be done here.")
# Refused before anything was done.
NOTHING_DONE: Final = (RateLimitError, AuthenticationError, PermissionError)
# What the buyer has chosen. Stripe names no parameter where it refuses a card for its past (used or detached elsewhere).
BUYERS: Final = frozenset({None, "payment_method", "amount"})


@contextmanager
def told(key: str, *, its_word: bool = False, may_have_happened: bool = False) -> Iterator[None]:
    """Say what Stripe's errors mean; where `its_word` counts, let CardError and InvalidRequestError through.

    Raise PaymentKeyReusedError, PaymentsAwayError (nothing was charged), or TimeoutError when it `may_have_happened` all the same.
    """
    try:
        yield
    except IdempotencyError as error:
        raise PaymentKeyReusedError(key) from error
    except StripeError as error:
        if its_word and isinstance(error, CardError | InvalidRequestError):
            raise
        # Never its message: for a wrong key it shows a part of it.
        said = {"error": type(error).__name__, "status": error.http_status, "request_id": error.request_id}
        log().warning("the payment provider did not do it", **said)
        if may_have_happened and not isinstance(error, NOTHING_DONE):
            raise TimeoutError from error
        raise PaymentsAwayError(key) from error


def decline_of(source: PaymentIntent | CardError | InvalidRequestError, *, key: str) -> Decline:
    """Return why it is refused, by Stripe's own word. Raise PaymentsAwayError for a request that is wrong by a mistake of ours."""
    if isinstance(source, PaymentIntent):
        if source.status == "requires_action":
            return NEEDS_OWNER
        said = source.last_payment_error
        return _decline(said.code, said.decline_code, said.message) if said else NEEDS_OWNER
    if isinstance(source, InvalidRequestError) and (
        source.param not in BUYERS or (source.param is None and source.http_status != BAD_REQUEST)
    ):
        log().error("the payment provider does not understand us", code=source.code, param=source.param, request_id=source.request_id)
        raise PaymentsAwayError(key) from source
    reason = source.error.decline_code if source.error else None
    return _decline(source.code, reason, source.user_message)


def _decline(code: str | None, reason: str | None, message: str | None) -> Decline:
    """Make a decline of Stripe's words: the bank's reason, where it gives one, is more exact than the code."""
    said = reason if reason and reason != "generic_decline" else code
    if said == NEEDS_OWNER.code:
        return NEEDS_OWNER
    return Decline(said or "declined", message or "The payment was declined.")
