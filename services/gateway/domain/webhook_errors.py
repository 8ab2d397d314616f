"""Why a webhook or delivery is refused, and why nothing could be delivered."""

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError


class WebhookNotFoundError(PlatformError):
    """There is no such webhook, or it is somebody else's."""

    kind = ErrorKind.NOT_FOUND
    code = "webhook_not_found"

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"There is no webhook '{webhook_id[:80]}'.")


class DeliveryNotFoundError(PlatformError):
    """The webhook has no such delivery (any more)."""

    kind = ErrorKind.NOT_FOUND
    code = "delivery_not_found"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"There is no delivery '{delivery_id[:80]}'; deliveries are kept for 30 days.")


class TooManyWebhooksError(PlatformError):
    """An account has all the webhooks that it may have."""

    kind = ErrorKind.CONFLICT
    code = "too_many_webhooks"

    def __init__(self, most: int) -> None:
        super().__init__(f"An account has at most {most} webhooks: delete one first.")


class WebhookChangedError(PlatformError):
    """Somebody else changed the webhook in between."""

    kind = ErrorKind.CONFLICT
    code = "webhook_changed"
    worth_retrying = True

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"{webhook_id} was changed at the same time; send your request again.")


class WebhookDisabledError(PlatformError):
    """Nothing is delivered to a webhook that is disabled."""

    kind = ErrorKind.CONFLICT
    code = "webhook_disabled"

    def __init__(self, reason: str) -> None:
        details = {"enabled": [reason, 'Enable it first: PATCH {"enabled": true}.']}
        super().__init__("The webhook is disabled.", details=details)


class DeliveryPendingError(PlatformError):
    """A delivery that has not ended cannot be replayed."""

    kind = ErrorKind.CONFLICT
    code = "delivery_pending"

    def __init__(self, delivery_id: str) -> None:
        super().__init__(f"{delivery_id} has not ended yet: it is tried again by itself.")


class TargetRefusedError(InvalidError):
    """A URL that nothing is sent to; `details` say why."""

    code = "target_refused"

    def __init__(self, problem: str) -> None:
        super().__init__("The webhook's URL cannot be used.", details={"url": [problem]})
        self.problem = problem


class UnreachableError(UnavailableError):
    """The receiver gave no answer; the message says why, for people."""

    code = "unreachable"
