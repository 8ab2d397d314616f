"""Why a webhook or delivery is refused, and why nothing could be delivered."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError


class WebhookNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such webhook, or it is somebody else's."""

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"There is no webhook '{webhook_id[:80]}'.")


class DeliveryNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The webhook has no such delivery (any more)."""

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"There is no delivery '{delivery_id[:80]}'; deliveries are kept for 30 days.")


class TooManyWebhooksError(PlatformError, kind=ErrorKind.CONFLICT):
    """An account has all the webhooks that it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"An account has at most {most} webhooks: delete one first.")


class WebhookChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Somebody else changed the webhook in between."""

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"{webhook_id} was changed at the same time; send your request again.")


class WebhookDisabledError(PlatformError, kind=ErrorKind.CONFLICT):
    """Nothing is delivered to a webhook that is disabled."""

    def __init__(self, reason: str) -> None:
        super().__init__("The webhook is disabled.", details={"enabled": [reason, "Enable it first."]})
        self.reason = reason


class DeliveryPendingError(PlatformError, kind=ErrorKind.CONFLICT):
    """A delivery that has not ended cannot be replayed."""

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"{delivery_id} has not ended yet: it is tried again by itself.")


class TargetRefusedError(InvalidError):
    """A URL that nothing is sent to; `details` say why."""

    def __init__(self, problem: str) -> None:
        super().__init__("The webhook's URL cannot be used.", details={"url": [problem]})
        self.problem = problem


class UnreachableError(UnavailableError):
    """The receiver gave no answer; the message says why, for people."""
