"""What the marketplace refuses."""

from decimal import Decimal

from libs.chassis.errors import ErrorKind, PlatformError


class InsufficientCreditsError(PlatformError, kind=ErrorKind.UNPAID):
    """An account has fewer compute hours left than a job needs."""

    def __init__(self, *, needed: Decimal, available: Decimal, tier: str) -> None:
        super().__init__(
            f"Not enough compute credits: the job needs {needed.normalize():f} hours, {available.normalize():f} are left this month "
            f"on tier '{tier}'"
        )


class ReservationClosedError(PlatformError, kind=ErrorKind.CONFLICT):
    """A job's reservation was settled or released; the same job cannot reserve again."""


class BooksChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Another writer was faster; read again and try again."""


class IllegalMoveError(PlatformError):
    """A purchase cannot go from one state to another."""

    def __init__(self, purchase_id: str, state: str, wanted: str) -> None:
        super().__init__(f"The purchase {purchase_id} is {state} and cannot become {wanted}")


class PurchaseNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such purchase."""

    def __init__(self, purchase_id: str) -> None:
        super().__init__(f"There is no purchase {purchase_id}")


class PurchaseDiffersError(PlatformError, kind=ErrorKind.CONFLICT):
    """A transaction id came again with another account, hours or payment method."""

    def __init__(self, purchase_id: str) -> None:
        super().__init__(f"The purchase {purchase_id} was begun for another account, other hours or another payment method")
