"""Why the gateway refuses something about listings, subscriptions and purchases, and what no answer of the marketplace means."""

from collections.abc import Sequence
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError
from libs.contracts.names import listed
from libs.market.age import instrument_of
from services.gateway.domain.errors import NotFoundError

AGAIN: Final = "Send the same request with the same Idempotency-Key again to hear how it went: nothing is charged twice."


class ListingNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such listing, or it is not the caller's to see."""

    def __init__(self, listing_id: str) -> None:
        super().__init__(f"There is no listing '{listing_id[:80]}'.")


class OwnSymbolsError(InvalidError):
    """The version was trained on candles of its owner's own, which no subscriber has."""

    def __init__(self, version: str, symbols: Sequence[str]) -> None:
        named = ", ".join(symbols)
        problem = (
            f"Version {version} was trained on your own {named}: nobody else has these candles, so subscribers could not be served. "
            "Train the model on symbols that come with the platform, or on live ones, to publish it."
        )
        super().__init__("The model cannot be published.", details={"symbols": [problem]})


class NoListingError(InvalidError):
    """The model is neither in review nor on sale."""

    def __init__(self) -> None:
        super().__init__("The model cannot be withdrawn.", details={"status": ["It is neither in review nor on sale."]})


class StaticDataError(InvalidError):
    """No newer candles come of what the model was trained on, and its seller has not acknowledged that buyers get no others."""

    def __init__(self, symbols: Sequence[str]) -> None:
        known = {symbol: instrument_of(symbol) for symbol in symbols}
        ends = [f"{symbol} (its candles end on {found.end})" if found else symbol for symbol, found in known.items()]
        problem = (
            f"There is no live source for {listed(ends)}: subscribers would get signals from these candles and no newer ones. Send "
            "`acknowledge_static_data`: true to publish it all the same; the listing, its records and every answer then say so."
        )
        message = "The model cannot be published like this: see acknowledge_static_data."
        super().__init__(message, details={"acknowledge_static_data": [problem]})


class SubscriptionNotFoundError(NotFoundError):
    """There is no such subscription, or it is somebody else's."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"There is no subscription '{subscription_id[:80]}'.")


class PaymentNotFoundError(NotFoundError):
    """There is no such payment, or it is somebody else's."""

    def __init__(self, payment_id: str) -> None:
        super().__init__(f"There is no payment '{payment_id[:80]}'.")


class VersionGoneError(InvalidError, code="version_unknown"):
    """The model does not have this version, or no longer, or its owner has archived it."""

    def __init__(self, version: str, *, archived: bool = False) -> None:
        gone = f"The model has no version '{version[:80]}'."
        problem = f"Version '{version[:80]}' is archived: choose one of the `versions` that the listing shows." if archived else gone
        super().__init__("The subscription cannot stay on this version: see version.", details={"version": [problem]})


class SubscriptionRequiredError(PlatformError, kind=ErrorKind.FORBIDDEN):
    """The model was subscribed to, and is no longer."""

    def __init__(self) -> None:
        super().__init__("Your subscription to this model is over: subscribe again to use it.")


class PurchasePendingError(PlatformError, kind=ErrorKind.TIMEOUT, worth_retrying=True):
    """The marketplace has not answered in time: what it has begun goes on by itself."""

    def __init__(self) -> None:
        super().__init__(f"The purchase has not been confirmed in time; if it was begun, it goes on by itself. {AGAIN}")


class PurchaseAwayError(UnavailableError):
    """The marketplace cannot be asked."""

    def __init__(self) -> None:
        super().__init__(f"The marketplace cannot be reached right now. {AGAIN}")
