"""What it means for a purchase of credits that the marketplace has not answered."""

from typing import Final

from libs.chassis.errors import ErrorKind, PlatformError, UnavailableError

AGAIN: Final = "Send the same request with the same Idempotency-Key again to hear how it went: nothing is charged twice."


class PurchasePendingError(PlatformError, kind=ErrorKind.TIMEOUT, worth_retrying=True):
    """The marketplace has not answered in time: what it has begun goes on by itself."""

    def __init__(self) -> None:
        super().__init__(f"The purchase has not been confirmed in time; if it was begun, it goes on by itself. {AGAIN}")


class PurchaseAwayError(UnavailableError):
    """The marketplace cannot be asked."""

    def __init__(self) -> None:
        super().__init__(f"The marketplace cannot be reached right now. {AGAIN}")
