"""What the marketplace refuses about subscriptions."""

from datetime import datetime

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.subscriptions import Period


class SubscriptionNotFoundError(PlatformError):
    """There is no such subscription, or it is somebody else's."""

    kind = ErrorKind.NOT_FOUND
    code = "subscription_not_found"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"There is no subscription '{subscription_id}'.")


class NotListedError(PlatformError):
    """There is no such listing that could be subscribed to."""

    kind = ErrorKind.NOT_FOUND
    code = "not_listed"

    def __init__(self, listing_id: str) -> None:
        super().__init__(f"There is no listing {listing_id} on the marketplace")


class OwnListingError(PlatformError):
    """A seller wants to subscribe to what they sell."""

    kind = ErrorKind.FORBIDDEN
    code = "own_listing"

    def __init__(self) -> None:
        super().__init__("This listing is your own: its model is yours to use without a subscription.")


class AlreadySubscribedError(InvalidError):
    """The account has a subscription that can be used, and does not ask for a longer period; or one is being paid for."""

    code = "already_subscribed"

    def __init__(self, subscription_id: str, problem: str) -> None:
        super().__init__(f"You are subscribed to this model already ({subscription_id}).", details={"subscription_type": [problem]})


def shorter(period: Period, until: datetime) -> str:
    """Say why a subscription is no change to a longer period."""
    return f"Your {period} subscription runs until {until:%Y-%m-%d}; until then it can be changed to a longer period only."


class SubscriptionDiffersError(PlatformError):
    """A subscription's id came again with something else."""

    kind = ErrorKind.CONFLICT
    code = "subscription_differs"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"The subscription {subscription_id} was begun for another account, listing, period or payment method")


class SubscriptionOverError(PlatformError):
    """A subscription that is over cannot be changed."""

    kind = ErrorKind.CONFLICT
    code = "subscription_over"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"The subscription {subscription_id} is over; subscribe again.")


class SubscriptionBusyError(PlatformError):
    """A payment for it is under way, and nobody knows yet whether it is charged."""

    kind = ErrorKind.CONFLICT
    code = "subscription_busy"
    worth_retrying = True

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"A payment for the subscription {subscription_id} is under way; try again in a moment.")


class NothingToRefundError(InvalidError):
    """The subscription has no payment that could be given back."""

    code = "nothing_to_refund"

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"The subscription {subscription_id} has no payment that could be given back.")


class UnknownVersionError(InvalidError):
    """The model has no such version."""

    code = "version_unknown"

    def __init__(self, version: str) -> None:
        problem = f"The model has no version '{version[:60]}'."
        super().__init__("The subscription cannot stay on this version: see version.", details={"version": [problem]})


class NotASubscriberError(PlatformError):
    """Only who has paid for a listing may rate it."""

    kind = ErrorKind.FORBIDDEN
    code = "not_a_subscriber"

    def __init__(self) -> None:
        super().__init__("Only those who are or were subscribed to this model may rate it.")
