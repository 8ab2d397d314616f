"""What the gateway refuses about subscriptions."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from services.gateway.domain.errors import NotFoundError


class SubscriptionNotFoundError(NotFoundError):
    """There is no such subscription, or it is somebody else's."""

    def __init__(self, subscription_id: str) -> None:
        super().__init__(f"There is no subscription '{subscription_id[:80]}'.")


class VersionGoneError(InvalidError, code="version_unknown"):
    """The model does not have this version, or no longer."""

    def __init__(self, version: str) -> None:
        problem = f"The model has no version '{version[:80]}'."
        super().__init__("The subscription cannot stay on this version: see version.", details={"version": [problem]})


class SubscriptionRequiredError(PlatformError, kind=ErrorKind.FORBIDDEN):
    """The model was subscribed to, and is no longer."""

    def __init__(self) -> None:
        super().__init__("Your subscription to this model is over: subscribe again to use it.")
