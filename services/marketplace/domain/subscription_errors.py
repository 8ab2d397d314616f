"""What the marketplace refuses about subscriptions."""

from datetime import datetime

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.subscriptions import Period


class SubscriptionNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such subscription, or it is somebody else's."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"There is no subscription '{subscription_id}'.")


class NotListedError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such listing that could be subscribed to."""

    def __init__(self, listing_id: str) -> None:
        super().__init__(f"There is no listing {listing_id} on the marketplace")


class OwnListingError(PlatformError, kind=ErrorKind.FORBIDDEN):
    """A seller wants to subscribe to what they sell."""

    def __init__(self) -> None:
        super().__init__("This listing is your own: its model is yours to use without a subscription.")


class AlreadySubscribedError(InvalidError):
    """The account has a subscription that can be used, and does not ask for a longer period; or one is being paid for."""

    def __init__(self, subscription_id: str, problem: str) -> None:
        super().__init__(f"You are subscribed to this model already ({subscription_id}).", details={"subscription_type": [problem]})


def shorter(period: Period, until: datetime) -> str:
    """Say why a subscription is no change to a longer period."""
    return f"Your {period} subscription runs until {until:%Y-%m-%d}; until then it can be changed to a longer period only."


class SubscriptionDiffersError(PlatformError, kind=ErrorKind.CONFLICT):
    """A subscription's id came again with something else."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"The subscription {subscription_id} was begun for another account, listing, period or payment method")


class SubscriptionOverError(PlatformError, kind=ErrorKind.CONFLICT):
    """A subscription that is over cannot be changed."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"The subscription {subscription_id} is over; subscribe again.")


class SubscriptionBusyError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """A payment for it is under way, and nobody knows yet whether it is charged."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"A payment for the subscription {subscription_id} is under way; try again in a moment.")


class NothingToRefundError(InvalidError):
    """The subscription has no payment that could be given back."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"The subscription {subscription_id} has no payment that could be given back.")


class UnknownVersionError(InvalidError, code="version_unknown"):
    """The model has no such version."""

    def __init__(self, version: str) -> None:
        problem = f"The model has no version '{version[:60]}'."
        super().__init__("The subscription cannot stay on this version: see version.", details={"version": [problem]})


class NotASubscriberError(PlatformError, kind=ErrorKind.FORBIDDEN, code="not_a_subscriber"):
    """Only who has paid for a listing may rate it."""

    def __init__(self) -> None:
        super().__init__("Only those who are or were subscribed to this model may rate it.")
